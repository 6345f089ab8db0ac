// Package importfile writes users as the files that others import: Kinde's
// dashboard (NDJSON or CSV, with a file of organizations beside them), and the
// systems that people leave for (Auth0's import schema, SCIM 2.0, a plain table,
// with a file of memberships beside them). It writes shards that are complete in
// themselves, and owns what these formats hold and what they can't.
//
// It never decides whether a user is to be imported, and never talks to a
// tenant. Sources of the formats: Kinde's documentation, "import users in bulk";
// Auth0's, "bulk user imports"; RFC 7643 and 7644.
package importfile
