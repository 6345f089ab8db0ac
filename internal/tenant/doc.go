// Package tenant reads a Kinde tenant: its users, each with what belongs to them,
// as rows, and the definitions that they refer to.
//
// It owns the cheapest complete way to list a tenant and the shape of a row. It
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
package tenant
