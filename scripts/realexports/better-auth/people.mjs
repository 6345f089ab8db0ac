// people.mjs: makes the people of expected.json through better-auth's own endpoints,
// in PostgreSQL or in the SQLite file that is its argument. A password is hashed by
// bcrypt, as a password.hash of one's own does; with the maker "scrypt" by
// better-auth itself.
import fs from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.env.MODULES + "/package.json");
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { betterAuth } = await load("better-auth");
const { getMigrations } = await load("better-auth/db/migration");
const { admin, anonymous, organization, phoneNumber, username } = await load("better-auth/plugins");
const bcrypt = require("bcryptjs");
const file = process.argv[2];
const database = file ? sqlite(file) : new (require("pg").Pool)();

// libsql has the interface of better-sqlite3, and its binary comes from npm.
function sqlite(path) {
  const { SqliteDialect } = require("kysely");
  const Database = require("libsql");
  return { dialect: new SqliteDialect({ database: new Database(path) }), type: "sqlite" };
}

const numbers = {};
const codes = {};
const auth = (password) =>
  betterAuth({
    database,
    baseURL: "http://127.0.0.1:3000",
    secret: "only-for-exports-of-invented-people",
    telemetry: { enabled: false },
    logger: { level: "error" },
    emailAndPassword: { enabled: true, password, minPasswordLength: 4 },
    socialProviders: { google: { clientId: "none", clientSecret: "none" }, github: { clientId: "none", clientSecret: "none" } },
    advanced: { database: { generateId: ({ model }) => model + (numbers[model] = (numbers[model] || 0) + 1) } },
    plugins: [
      admin(),
      anonymous({ emailDomainName: "anonymous.example.com" }),
      organization(),
      username(),
      phoneNumber({
        sendOTP: ({ phoneNumber, code }) => void (codes[phoneNumber] = code),
        signUpOnVerification: { getTempEmail: (n) => n.slice(1) + "@phone.example.com", getTempName: (n) => n },
      }),
    ],
  });
const own = auth({ hash: (p) => bcrypt.hash(p, 8), verify: ({ password, hash }) => bcrypt.compare(password, hash) });
const scrypt = auth(undefined);
await (await getMigrations(own.options)).runMigrations();
const adapter = (await own.$context).internalAdapter;

const { people } = JSON.parse(fs.readFileSync(process.env.OUT + "/expected.json"));
const organizations = {};
for (const p of people) {
  const maker = p.maker || {};
  const name = maker.name || [p.given_name, p.family_name].filter(Boolean).join(" ");
  if (p.skipped) {
    await own.api.signInAnonymous();
    continue;
  }
  let user;
  if (maker.phone) {
    await own.api.sendPhoneNumberOTP({ body: { phoneNumber: p.phone } });
    ({ user } = await own.api.verifyPhoneNumber({ body: { phoneNumber: p.phone, code: codes[p.phone] } }));
  } else if (p.password && !p.links && !p.suspended && !maker.role) {
    const body = { email: p.email, name, password: p.password };
    if (p.username) Object.assign(body, { username: p.username });
    ({ user } = await (maker.scrypt ? scrypt : own).api.signUpEmail({ body }));
    if (p.phone) await adapter.updateUser(user.id, { phoneNumber: p.phone, phoneNumberVerified: true });
    if (p.verified) await adapter.updateUser(user.id, { emailVerified: true });
  } else {
    const data = { emailVerified: !!p.verified };
    if (p.suspended) Object.assign(data, { banned: true, banReason: 'wrote "spam", twice', banExpires: maker.until && new Date(maker.until) });
    if (maker.until && !p.suspended) Object.assign(data, { banned: true, banExpires: new Date(maker.until) });
    ({ user } = await own.api.createUser({ body: { email: p.email, name, password: p.password, role: maker.role, data } }));
  }
  for (const link of p.links || []) {
    const [providerId, accountId] = link.split(":");
    await adapter.linkAccount({ userId: user.id, providerId, accountId, accessToken: "ya29.secret", scope: "openid,email" });
  }
  for (const [slug, roles] of Object.entries(p.organizations || {})) {
    organizations[slug] ||= await own.api.createOrganization({ body: { name: slug === "organization1" ? "Acme, \"Ltd\"" : "Globex", slug, userId: "user1" } });
    if (user.id !== "user1") await own.api.addMember({ body: { userId: user.id, organizationId: organizations[slug].id, role: roles } });
  }
}
process.exit();
