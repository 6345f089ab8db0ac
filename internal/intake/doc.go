// Package intake turns the files that a person names into mapped users: it
// finds the preset, joins companion files, maps in parallel, finds duplicates
// and the further rows of one record, and reads chosen records again by position.
//
// It never talks to a tenant, keeps no more than a bounded part of a file in
// memory, and never decides what to do with a user: that is the importer's business.
//
// # Two passes
//
// Scan is the first pass. It hands every row to a Visitor in file order as soon
// as it is mapped, and afterwards corrects the rows that turned out to be
// duplicates, further rows of an earlier record, or merged. Read is the second
// pass: it takes positions that Scan (or a checkpoint) knows and yields the same
// items again, united with their further rows, in the order asked for.
//
// # Companion rows
//
// The mapping declares its side tables. Rows of companion files and of side
// tables in the same JSON document are joined by key through an index on disk
// and attached to the record, before it is mapped, as an array under the
// reserved member "$" + table name; the member is absent when nothing joined.
package intake
