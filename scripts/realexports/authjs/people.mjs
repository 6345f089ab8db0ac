// people.mjs: makes the people of expected.json through the adapters of Auth.js, in
// PostgreSQL and in MongoDB, with a column password of one's own by bcrypt. Writes the
// collections in the driver's own Extended JSON, which is what mongoexport writes.
import fs from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.env.MODULES + "/package.json");
const load = (name) => import(pathToFileURL(`${process.env.MODULES}/node_modules/${name}/index.js`));
const out = (name) => process.env.OUT + "/" + name;
const { default: PostgresAdapter } = await load("@auth/pg-adapter");
const { MongoDBAdapter } = await load("@auth/mongodb-adapter");
const { MongoClient, ObjectId } = require("mongodb");
const { EJSON } = require("bson");
const bcrypt = require("bcryptjs");

const pool = new (require("pg").Pool)();
await pool.query(`
  create table users (id serial primary key, name varchar(255), email varchar(255), "emailVerified" timestamptz, image text, password text);
  create table accounts (id serial primary key, "userId" integer not null, type varchar(255) not null, provider varchar(255) not null,
    "providerAccountId" varchar(255) not null, refresh_token text, access_token text, expires_at bigint, id_token text, scope text,
    session_state text, token_type text)`);
const mongo = await new MongoClient(process.env.MONGODB).connect();
const database = mongo.db();
const adapters = [PostgresAdapter(pool), MongoDBAdapter(mongo)];

const { people } = JSON.parse(fs.readFileSync(out("expected.json")));
for (const p of people) {
  const maker = p.maker || {};
  const name = maker.name || [p.given_name, p.family_name].filter(Boolean).join(" ") || null;
  const hash = p.password && (await bcrypt.hash(p.password, 8));
  for (const adapter of adapters) {
    const emailVerified = p.verified ? new Date("2024-02-29T12:30:00.123Z") : null;
    const user = await adapter.createUser({ name, email: p.email, emailVerified, image: maker.image || null });
    if (hash && adapter === adapters[0]) await pool.query("update users set password = $1 where id = $2", [hash, user.id]);
    if (hash && adapter !== adapters[0]) await database.collection("users").updateOne({ _id: new ObjectId(user.id) }, { $set: { password: hash } });
    for (const link of p.links || []) {
      const [provider, providerAccountId] = link.split(":");
      await adapter.linkAccount({ userId: user.id, type: "oidc", provider, providerAccountId, access_token: "ya29.secret", expires_at: 1700000000,
        refresh_token: null, id_token: "eyJ.secret", scope: "openid email", session_state: null, token_type: "bearer" });
    }
  }
}
for (const name of ["users", "accounts"]) {
  const docs = await database.collection(name).find({}, { sort: { _id: 1 }, promoteValues: false }).toArray();
  fs.writeFileSync(out(`mongo-${name}.ndjson`), docs.map((d) => EJSON.stringify(d, { relaxed: true }) + "\n").join(""));
}
await pool.end();
await mongo.close();
