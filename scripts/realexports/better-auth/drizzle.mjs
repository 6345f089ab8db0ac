// drizzle.mjs: users with their accounts and members nested, as a query of drizzle
// (and include of Prisma) gives them.
import { createRequire } from "node:module";
const require = createRequire(process.env.MODULES + "/package.json");
const { drizzle } = require("drizzle-orm/node-postgres");
const { relations } = require("drizzle-orm");
const { pgTable, text, boolean, timestamp } = require("drizzle-orm/pg-core");

const user = pgTable("user", {
  id: text().primaryKey(), name: text(), email: text(), emailVerified: boolean(), image: text(), createdAt: timestamp(), updatedAt: timestamp(),
  role: text(), banned: boolean(), banReason: text(), banExpires: timestamp(), isAnonymous: boolean(), username: text(),
  displayUsername: text(), phoneNumber: text(), phoneNumberVerified: boolean(),
});
const account = pgTable("account", { id: text().primaryKey(), userId: text(), providerId: text(), accountId: text(), password: text() });
const member = pgTable("member", { id: text().primaryKey(), userId: text(), organizationId: text(), role: text() });
const organization = pgTable("organization", { id: text().primaryKey(), name: text(), slug: text() });
const schema = {
  user, account, member, organization,
  ofUser: relations(user, ({ many }) => ({ accounts: many(account), members: many(member) })),
  ofAccount: relations(account, ({ one }) => ({ user: one(user, { fields: [account.userId], references: [user.id] }) })),
  ofMember: relations(member, ({ one }) => ({
    user: one(user, { fields: [member.userId], references: [user.id] }),
    organization: one(organization, { fields: [member.organizationId], references: [organization.id] }),
  })),
};
const pool = new (require("pg").Pool)();
const users = await drizzle(pool, { schema }).query.user.findMany({
  orderBy: user.id,
  with: { accounts: true, members: { with: { organization: true } } },
});
console.log(JSON.stringify(users));
await pool.end();
