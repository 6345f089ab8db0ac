// Package chaos proves the promise of the importer: whatever happens, running
// the same command again ends with exactly the users that the source
// describes, each with every step done, none twice, and nobody else touched.
//
// It holds tests only. They run the real program against a sandbox in a process
// of its own that loses answers, resets connections and throttles; they kill
// the binary at random instants until it finishes; then they compare the
// tenant with the source field by field, by their own comparison rather than
// the importer's.
package chaos
