// Package checkpoint owns the state of a job: which records the source holds,
// what became of each, which steps of each user are done, what was asked of the
// API and how it answered. It is a SQLite file that outlives the process, so
// that the same command goes on where a killed one stopped, and so that
// sqlite3 can answer "what happened to ana@example.com?".
//
// One Store writes, under a lock file beside the database; any number of
// readers may look at the same time (OpenReader). All changes go through one
// goroutine, which gathers what arrives while a commit is under way into the
// next one: a hundred workers that each wait for their intent share one fsync.
// Commit returns when its changes are durable, against power loss too
// (synchronous=FULL); Post returns at once and keeps the order.
//
// The package never talks to a tenant, decides nothing about users, and holds
// no secret: a password leaves a keyed, truncated digest.
package checkpoint
