// Package exporter writes a tenant as one file, or as a stream: NDJSON, JSON, a
// table, or the columns of Kinde's own import, all of it or what a filter takes.
//
// It owns the formats. It never reads a tenant by itself (internal/tenant does),
// and a file stands in its place complete or not at all.
package exporter
