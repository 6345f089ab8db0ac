// Package restore brings a backup into a tenant: definitions first, then the users
// as a stream that an import with the preset kinde-migrate reads, in which ids are
// those of that tenant. Prove reads the tenant back and compares.
//
// It owns which definition of one tenant is which of another, and what a part of a
// backup needs. It creates definitions, and never a user: the importer does, with
// its checkpoint and its report.
package restore
