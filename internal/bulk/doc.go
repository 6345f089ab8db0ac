// Package bulk does one thing to many users that are in the tenant already:
// suspend them, delete them, set their passwords, sign them out. Each verb is a
// job for the apply engine, with a checkpoint, a gate and a report, as an
// import is.
//
// It owns who is meant (ids and addresses, resolved in batches), what is
// already so, and the steps of each verb. It never reads files of an identity
// provider, asks a person, or decides an exit code.
package bulk
