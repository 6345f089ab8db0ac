// Package importfile writes users as the files that Kinde's dashboard imports:
// NDJSON or CSV, in shards that are complete in themselves, with a file of
// organizations beside them. It owns what these formats hold and what they
// can't.
//
// It never decides whether a user is to be imported, and never talks to a
// tenant. Source of the formats: Kinde's documentation, "import users in bulk".
package importfile
