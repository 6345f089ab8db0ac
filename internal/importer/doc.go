// Package importer brings the users of a source into a Kinde tenant, once each,
// with every step done, and remembers in a checkpoint how far it came. The same
// call again goes on where the last one stopped, whatever stopped it.
//
// It owns the order of the work: what is looked up before anything is written,
// which steps a user needs, when a user that answers to an address is ours,
// what a newer source changes, what is read back, what a rollback may delete.
// It never reads a file format (intake does), never speaks HTTP (kinde does),
// never prints, and keeps no user in memory that it does not work on.
package importer
