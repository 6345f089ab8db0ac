// Package erasure owns who is erased: people under all names that files and a
// tenant know them by, how those names are found in text, and the list that
// remembers them by keyed digests alone, so that later imports leave them out.
//
// It never opens a checkpoint, a backup or a report, and never talks to a tenant.
package erasure
