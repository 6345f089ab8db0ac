// Package reconcile compares a source with a tenant, record by record and field
// by field, and puts everyone on either side into one class: match, missing,
// different, explained, unexpected.
//
// Both sides are streamed and joined in a private temporary database, so that
// memory does not grow with either. It reads the tenant and never writes to it;
// what is equal is decided by internal/compare alone.
package reconcile
