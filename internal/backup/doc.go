// Package backup keeps a tenant as dated folders: everything that the Management
// API shows, with a manifest of hashes and counts.
//
// It owns the layout of a backup, its encryption, what of an earlier one is
// carried over, what is wrong with one (Verify), what differs (Compare, Watch),
// what becomes of old ones (Prune), who is taken out of them (Erase), and the job
// that a scheduler runs. It never writes to a tenant, and removes no backup before
// those that stay were read to their end.
package backup
