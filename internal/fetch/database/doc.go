// Package database reads users, and what belongs to them, straight out of a
// PostgreSQL, MySQL, MariaDB or SQLite database into the folder of a fetch.
//
// What is read is data: the section sql of a preset (spec.go) names tables,
// columns and how they hang together. Every statement runs in one read-only
// transaction that sees one moment of the database. Users are read in pages by
// their key; the rows of other tables that belong to a page come by the same
// range of keys, so that the two orders can't disagree, and stand inside of the
// user's record. The database counts its rows in the same transaction, and the
// folder holds that against what was read.
//
// A process that goes on after another sees a later moment. It asks for the keys
// up to where the other stopped: are they the same, it goes on; otherwise it
// reads them again.
//
// It never writes to a database, and no error of it shows a password.
package database
