// Package exporter reads a Kinde tenant from inside a program, as the command
// kinde-migrate does: Export writes users to a file or a stream, Backup writes
// all that the Management API shows to a dated folder, Verify proves such a
// folder, Diff compares two, and Restore brings one into a tenant.
package exporter
