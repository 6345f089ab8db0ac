// export.js TOOLS OUT NAME: drives the exporter of the firebase-tools that lie in the
// folder TOOLS with the people of expected.json, as the server would answer them, and
// writes OUT/NAME.csv and OUT/NAME.json. Their hashes are Firebase's: scrypt, whose key
// encrypts the signer key. NAME "withheld": for an account that may not read hashes.
const crypto = require("crypto");
const fs = require("fs");
const [tools, out, name] = process.argv.slice(2);
const lib = tools + "/node_modules/firebase-tools/lib/";

const read = (file) => JSON.parse(fs.readFileSync(out + "/" + file));
const params = read("hash-params.json");
const hash = (password, salt) => {
  const salted = Buffer.concat([salt, Buffer.from(params.base64_salt_separator, "base64")]);
  const key = crypto.scryptSync(password, salted, 64, { N: 2 ** params.mem_cost, r: params.rounds, p: 1, maxmem: 2 ** 26 });
  const cipher = crypto.createCipheriv("aes-256-ctr", key.subarray(0, 32), Buffer.alloc(16));
  return Buffer.concat([cipher.update(Buffer.from(params.base64_signer_key, "base64")), cipher.final()]);
};
const urlSafe = (bytes) => bytes.toString("base64").replace(/\+/g, "-").replace(/\//g, "_");

const written = (p) => !p.maker || !p.maker.exporters || p.maker.exporters.includes(name);
const users = read("expected.json").people.filter(written).map((p, i) => {
  const maker = p.maker || {};
  const user = { localId: "uid" + String(i).padStart(25, "0"), version: maker.version || 0, createdAt: "1700000000000", lastLoginAt: "1700000001000" };
  if (p.skipped) return user; // signed in anonymously
  user.email = p.email;
  user.emailVerified = !!p.verified;
  user.phoneNumber = p.phone;
  user.displayName = maker.name || [p.given_name, p.family_name].filter(Boolean).join(" ");
  if (p.suspended) user.disabled = true;
  if (maker.claims) user.customAttributes = JSON.stringify(maker.claims);
  if (p.password || maker.version) {
    const salt = crypto.createHash("sha256").update(user.localId).digest().subarray(0, 10);
    Object.assign(user, { passwordHash: urlSafe(hash(p.password || "", salt)), salt: urlSafe(salt) });
    if (name === "withheld") Object.assign(user, { passwordHash: "UkVEQUNURUQ=", salt: undefined });
  }
  user.providerUserInfo = (p.links || []).map((link) => {
    const [provider, subject] = link.split(":");
    return { providerId: provider + ".com", rawId: subject, email: p.email, displayName: user.displayName };
  });
  return user;
});

const { Client } = require(lib + "apiv2");
Client.prototype.post = async () => ({ body: { users: structuredClone(users) } });
const { serialExportUsers } = require(lib + "accountExporter");
(async () => {
  for (const format of ["csv", "json"]) {
    const file = `${out}/${name}.${format}`;
    const writeStream = fs.createWriteStream(file);
    if (format === "json") writeStream.write('{"users": [\n');
    await serialExportUsers("example", { format, writeStream, batchSize: 1000 });
    if (format === "json") writeStream.write("]}");
    await new Promise((done) => writeStream.end(done));
  }
})();
