// Package importer brings users into a Kinde tenant from inside a program, as
// the command kinde-migrate does: paced by the tenant's limit, resumable,
// without doing anything twice, and with an account of every user.
//
// Import takes users that a program has at hand, as a sequence, or the export
// files of any supported provider. Reconcile compares them with the tenant,
// and Rollback takes an import back. What a run knows is in its checkpoint, a
// file; the same call again goes on where it stopped. The error that these
// functions return tells why a run could not go on; what is wrong with single
// users is in the Result.
//
// When ctx ends, what is in flight is finished and kept before they return.
package importer
