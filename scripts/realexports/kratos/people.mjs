// people.mjs ADMIN: creates the people of expected.json through the admin API of Kratos.
// It hashes passwords itself, by bcrypt; a maker names a hash that is brought along.
import fs from "node:fs";
const [admin] = process.argv.slice(2);

const { people } = JSON.parse(fs.readFileSync(process.env.OUT + "/expected.json"));
for (const p of people) {
  const name = {};
  if (p.given_name) name.first = p.given_name;
  if (p.family_name) name.last = p.family_name;
  const maker = p.maker || {};
  const identity = { schema_id: "default", state: p.suspended ? "inactive" : "active", traits: { email: p.email, username: p.username, phone: p.phone, name }, credentials: {} };
  if (p.password || maker.hash) identity.credentials.password = { config: maker.hash ? { hashed_password: maker.hash } : { password: p.password } };
  if (p.links) {
    const providers = p.links.map((link) => ({ provider: link.split(":")[0], subject: link.split(":")[1] }));
    identity.credentials.oidc = { config: { providers } };
  }
  if (p.email) identity.verifiable_addresses = [{ value: p.email.toLowerCase(), via: "email", verified: !!p.verified, status: p.verified ? "completed" : "pending" }];
  if (p.phone) identity.verifiable_addresses = [...(identity.verifiable_addresses || []), { value: p.phone, via: "sms", verified: true, status: "completed" }];
  if (p.properties) identity.metadata_public = p.properties;
  const answer = await fetch(admin + "/admin/identities", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(identity) });
  if (!answer.ok) throw new Error(JSON.stringify(identity) + ": " + (await answer.text()));
}
