// Package exporter reads a Kinde tenant: users with what belongs to them, as
// rows of a file (Export), or everything that the Management API shows, as a
// dated folder that can be verified, compared and restored (Backup).
//
// It owns the cheapest complete way to list a tenant, the shape of a row, the
// layout of a backup with its manifest, and what becomes of old backups. It
// never writes to a tenant, never prints, and never holds all users in memory:
// what two listings say about a user is joined in a private file on disk.
//
// # Completeness
//
// search/users shows properties, GET /users shows phones and connections. Both
// are read and joined by id. A user that only one of them showed, or whose
// organizations disagree with the organizations' own lists of members, came,
// left or changed while pages were read; that user is asked for by itself. So nobody
// is lost or doubled, whatever the order of the pages.
package exporter
