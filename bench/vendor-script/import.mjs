// The script that a reader of the vendor's documentation would write: for each
// user look him up, create him, set his password; N at a time. It honours no
// more of a 429 than a retry after a second, up to five times.
//
//   node import.mjs USERS.ndjson PARALLEL
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { init, Users } from "@kinde/management-api-js";

init();
const [file, parallel] = [process.argv[2], Number(process.argv[3] ?? 1)];
const count = { calls: 0, throttled: 0, done: 0, lost: 0 };

async function call(request) {
  for (let attempt = 1; ; attempt++) {
    count.calls++;
    try {
      return await request();
    } catch (error) {
      if (error.status !== 429 || attempt === 5) throw error;
      count.throttled++;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

async function importUser(user) {
  const { users } = await call(() => Users.getUsers({ email: user.email }));
  if (users?.length) return;
  const made = await call(() =>
    Users.createUser({
      requestBody: {
        profile: { given_name: user.given_name, family_name: user.family_name },
        provided_id: user.id,
        identities: [{ type: "email", is_verified: user.email_verified, details: { email: user.email } }],
      },
    }),
  );
  await call(() => Users.setUserPassword({ userId: made.id, requestBody: { hashed_password: user.password_hash, hashing_method: "bcrypt" } }));
}

const lines = createInterface({ input: createReadStream(file) })[Symbol.asyncIterator]();
const began = Date.now();
await Promise.all(
  Array.from({ length: parallel }, async () => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) return;
      try {
        await importUser(JSON.parse(value));
        count.done++;
      } catch (error) {
        if (error.status === 429) count.throttled++;
        count.lost++;
      }
    }
  }),
);
console.log(JSON.stringify({ ...count, seconds: (Date.now() - began) / 1000 }));
