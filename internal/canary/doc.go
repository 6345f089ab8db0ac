// Package canary proves in the real tenant that hashes are read there as they
// are here: it creates one throw-away user for each kind of hash that a source
// holds, with a password that is known, waits until somebody signed in as each
// of them, and deletes them.
//
// It owns the state file that names every user before it is created, so that a
// crash leaves nobody behind. It never touches a user that is not in it.
package canary
