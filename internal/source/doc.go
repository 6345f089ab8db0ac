// Package source turns the bytes of an export file into records: CSV with any
// separator, JSON (arrays, envelopes, pages one after the other), NDJSON and
// LDIF; plain, gzip or zstd; UTF-8 or UTF-16. The kind is found in the content,
// never in the name.
//
// It knows nothing of users and never gives up on a file because of one record:
// what is broken becomes a Span with a Malformed error, and the next record is read.
//
// The work is split so that it can run in parallel: Scan finds the boundaries of
// records on one goroutine and hands out batches; Batch.Parse turns a span into
// a mapping.Value and may run on any goroutine.
//
// All offsets count bytes of the decoded stream: decompressed, UTF-8, without a
// byte order mark. A plain UTF-8 file is read in place. Everything else (stdin,
// compressed files, UTF-16) is decoded once into a private temporary file that is
// encrypted with a key that lives in memory only.
package source
