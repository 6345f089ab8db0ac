// people.mjs ENDPOINT KIND: makes a user pool of the people of expected.json through
// Cognito's API and prints its id. KIND is "names" for a pool whose people choose a
// username, "addresses" for one that signs people in by their e-mail address.
import fs from "node:fs";

const [endpoint, kind] = process.argv.slice(2);
const call = async (target, input) => {
  const answer = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSCognitoIdentityProviderService." + target },
    body: JSON.stringify(input),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${target} ${JSON.stringify(input)}: ${text}`);
  return text ? JSON.parse(text) : {};
};
const addresses = kind === "addresses";
const pool = await call("CreateUserPool", { PoolName: kind, UsernameAttributes: addresses ? ["email"] : [] });
const UserPoolId = pool.UserPool.Id;
await call("AddCustomAttributes", { UserPoolId, CustomAttributes: [{ Name: "plan", AttributeDataType: "String", Mutable: true }] });
const { UserPoolClient } = await call("CreateUserPoolClient", { UserPoolId, ClientName: "web" });

const { people } = JSON.parse(fs.readFileSync(process.env.OUT + "/expected.json"));
const groups = new Set();
for (const p of people) {
  if (addresses && !p.email) continue;
  const maker = p.maker || {};
  const attributes = { email: p.email, phone_number: p.phone, given_name: p.given_name, family_name: p.family_name, ...maker.attributes };
  if (p.email && p.verified) attributes.email_verified = "true";
  if (p.phone) attributes.phone_number_verified = "true";
  if (p.links) {
    attributes.identities = JSON.stringify(p.links.map((link) => {
      const [provider, userId] = link.split(":");
      return { userId, providerName: provider[0].toUpperCase() + provider.slice(1), providerType: provider[0].toUpperCase() + provider.slice(1), issuer: null, primary: false, dateCreated: 1700000000000 };
    }));
  }
  const UserAttributes = Object.entries(attributes).filter(([, v]) => v).map(([Name, Value]) => ({ Name, Value }));
  const Username = addresses ? p.email : p.username;
  if (maker.signs_up) {
    await call("SignUp", { ClientId: UserPoolClient.ClientId, Username, Password: "Kite-and-Anchor-42", UserAttributes });
    continue;
  }
  const { User } = await call("AdminCreateUser", { UserPoolId, Username, MessageAction: "SUPPRESS", UserAttributes });
  const who = { UserPoolId, Username: User.Username };
  if (!maker.invited) await call("AdminSetUserPassword", { ...who, Password: "Kite-and-Anchor-42", Permanent: true });
  if (p.suspended) await call("AdminDisableUser", who);
  for (const GroupName of p.roles || []) {
    if (!groups.has(GroupName)) await call("CreateGroup", { UserPoolId, GroupName });
    groups.add(GroupName);
    await call("AdminAddUserToGroup", { ...who, GroupName });
  }
}
console.log(UserPoolId);
