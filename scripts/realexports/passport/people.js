// people.js: registers the people of expected.json with passport-local-mongoose in the
// database of MONGODB and writes its collections: as mongoexport writes them (the driver's
// own Extended JSON, relaxed and canonical) and as Mongoose's find gives them.
const fs = require("fs");
const load = require("module").createRequire(process.env.MODULES + "/package.json");
const mongoose = load("mongoose");
const { default: passportLocalMongoose } = load("passport-local-mongoose");
const { EJSON } = load("bson");
const out = (name) => process.env.OUT + "/" + name;

const fields = { email: String, firstName: String, lastName: String, active: { type: Boolean, default: true }, emailVerified: Boolean, googleId: String };
const collection = (name, options) => {
  const schema = new mongoose.Schema(fields, { timestamps: true });
  schema.plugin(passportLocalMongoose, options);
  return mongoose.model(name, schema);
};

(async () => {
  await mongoose.connect(process.env.MONGODB);
  const { people } = JSON.parse(fs.readFileSync(out("expected.json")));
  const user = collection("user", { limitAttempts: true });
  const account = collection("account", { usernameField: "email", usernameLowerCase: true });
  const strong = collection("strong", { iterations: 60000, digestAlgorithm: "sha512", keylen: 64, saltlen: 16 });
  for (const model of [user, account, strong]) await model.createIndexes();
  for (const p of people) {
    const google = (p.links || []).map((link) => link.split(":")[1])[0];
    const person = { email: p.email, firstName: p.given_name, lastName: p.family_name, active: !p.suspended, emailVerified: p.verified, googleId: google };
    const models = (p.maker && p.maker.collections) || ["user"];
    for (const model of [user, account, strong].filter((m) => models.includes(m.modelName))) {
      const one = new model({ ...person, username: p.username });
      await (p.password ? model.register(one, p.password) : one.save());
    }
  }

  const lines = (docs, relaxed) => docs.map((d) => EJSON.stringify(d, { relaxed }) + "\n").join("");
  const documents = (model) => model.collection.find({}, { sort: { _id: 1 }, promoteValues: false }).toArray();
  const users = await documents(user);
  fs.writeFileSync(out("users.ndjson"), lines(users, true));
  fs.writeFileSync(out("canonical.ndjson"), lines(users.slice(0, 3), false));
  fs.writeFileSync(out("array.json"), "[" + users.slice(0, 3).map((d) => EJSON.stringify(d)).join(",\n") + "]\n");
  fs.writeFileSync(out("accounts.ndjson"), lines(await documents(account), true));
  fs.writeFileSync(out("strong.ndjson"), lines(await documents(strong), true));
  fs.writeFileSync(out("find.json"), JSON.stringify(await user.find().sort("_id")));
  fs.writeFileSync(out("find-selected.json"), JSON.stringify(await user.find().sort("_id").limit(3).select("+hash +salt").lean()));
  await mongoose.disconnect();
})();
