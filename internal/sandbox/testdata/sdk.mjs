// Drives a sandbox with the vendor's own JavaScript SDK and prints what it saw.
import assert from "node:assert";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.argv[2] + "/");
const sdk = await import(pathToFileURL(require.resolve("@kinde/management-api-js")).href);
const { init, Users, Search, Properties, PropertyCategories, Organizations, Roles, Permissions, Connections, Environments, FeatureFlags, Identities, Webhooks } = sdk;

init();
const env = await Environments.getEnvironment();
assert.equal(env.environment.name, "Sandbox");

const made = await Users.createUser({
  requestBody: {
    profile: { given_name: "Ana", family_name: "Silva" },
    provided_id: "ext|1",
    identities: [
      { type: "email", is_verified: true, details: { email: "ana@example.com" } },
      { type: "phone", details: { phone: "+15550100", phone_country_id: "us" } },
      { type: "username", details: { username: "ana_s" } },
    ],
  },
});
assert.equal(made.created, true);
const userId = made.id;

const again = await Users.createUser({ requestBody: { identities: [{ type: "email", details: { email: "ANA@example.com" } }] } });
assert.equal(again.created, false);

const { users } = await Users.getUsers({ email: "ana@example.com", expand: "identities,organizations" });
assert.equal(users.length, 1);
assert.equal(users[0].phone, "+15550100");
assert.equal(users[0].organizations.length, 1);

const shown = await Users.getUserData({ id: userId });
assert.equal(shown.preferred_email, "ana@example.com");
const patched = await Users.updateUser({ id: userId, requestBody: { given_name: "Anna", is_suspended: true } });
assert.equal(patched.is_suspended, true);
await Users.setUserPassword({ userId, requestBody: { hashed_password: "$2a$10$N9qo8uLOickgx2ZMRZoMye7YGr7uUPNV3SZBcYzoSWkkexSvRfk6W", hashing_method: "bcrypt" } });
await assert.rejects(Users.setUserPassword({ userId, requestBody: { hashed_password: "x", hashing_method: "md5" } }), (e) => e.status === 400 && e.body.errors.length === 1);

const category = await PropertyCategories.createCategory({ requestBody: { name: "Imported", context: "usr" } });
await Properties.createProperty({ requestBody: { name: "Town", key: "town", type: "single_line_text", context: "usr", is_private: true, category_id: category.category.id } });
await Users.updateUserProperties({ userId, requestBody: { properties: { town: "Porto" } } });
const values = await Users.getUserPropertyValues({ userId });
assert.equal(values.properties[0].value, "Porto");
const found = await Search.searchUsers({ query: "*", properties: { town: ["Porto"] }, expand: "properties" });
assert.equal(found.results[0].properties.town, "Porto");

const org = await Organizations.createOrganization({ requestBody: { name: "Acme" } });
const orgCode = org.organization.code;
const role = await Roles.createRole({ requestBody: { name: "Editor", key: "editor" } });
await Permissions.createPermission({ requestBody: { name: "Edit", key: "edit" } });
const added = await Organizations.addOrganizationUsers({ orgCode, requestBody: { users: [{ id: userId, roles: ["editor"], permissions: ["edit"] }] } });
assert.deepEqual(added.users_added, [userId]);
const members = await Organizations.getOrganizationUsers({ orgCode });
assert.deepEqual(members.organization_users[0].roles, ["editor"]);
assert.equal((await Roles.getRoleUsers({ roleId: role.role.id })).users[0].id, userId);

const { connections } = await Connections.getConnections({ pageSize: 50 });
const google = connections.map((c) => c.connection ?? c).find((c) => c.strategy === "oauth2:google");
const identity = await Users.createUserIdentity({ userId, requestBody: { type: "social", value: "1234", connection_id: google.id } });
assert.equal((await Identities.getIdentity({ identityId: identity.identity.id })).name, "1234");
assert.equal((await Users.getUserIdentities({ userId })).identities.length, 4);

await FeatureFlags.createFeatureFlag({ requestBody: { name: "Beta", key: "beta", type: "bool", allow_override_level: "usr", default_value: "false" } });
await Users.updateUserFeatureFlagOverride({ userId, featureFlagKey: "beta", value: "true" });
assert.equal((await Environments.getEnvironementFeatureFlags()).feature_flags.beta.value, "false");
assert.deepEqual((await Webhooks.getWebHooks()).webhooks, []);
await Users.refreshUserClaims({ userId });
await Users.deleteUser({ id: userId });
assert.ok(((await Users.getUsers({})).users ?? []).length === 0);
console.log("sdk ok");
