// Package fetch owns the folder that a fetch writes and that other commands take
// as a source: users.ndjson, identities.ndjson, memberships.csv,
// organizations.csv, hash-params.yaml, and fetch.json, which says what was read,
// how many the source itself counts, what could not be had, and whether it is all.
//
// The files grow in place. After each page a journal (fetch.journal) notes where
// the list stands and the digest of every file so far, so that a process which is
// killed at any instant is followed by one that cuts the files back to the last
// page that verifies and goes on from there. Nothing is synced meanwhile: a page
// that a crash of the machine tore doesn't verify, and is read again. Only
// fetch.json makes a folder a source, and it is written last.
//
// It never talks to a provider or a database: the packages below it do.
package fetch

import (
	"context"
	"fmt"
)

// Source is something that can be read into a folder.
type Source interface {
	// About describes the source, without a secret.
	About() About
	// Check asks each list for one row, and tells what is missing.
	Check(context.Context) ([]Probe, error)
	// Read reads everything that the folder doesn't hold yet. It doesn't finish the folder.
	Read(context.Context, *Folder, func(Progress)) error
}

// About is what a folder belongs to.
type About struct {
	Source string `json:"source"`          // auth0, django …
	Kind   string `json:"kind"`            // database, provider
	From   string `json:"from"`            // the address, without credentials
	Preset string `json:"preset"`          // what reads users.ndjson
	Since  string `json:"since,omitempty"` // only what changed after this time

	// Settings is a digest of everything else that decides what is read: an
	// unfinished fetch goes on only with the same.
	Settings string `json:"settings"`
}

// Progress is how far a list has come.
type Progress struct {
	List  string
	Done  int64
	Total int64 // 0 unknown
}

// Probe is what one list answered when it was asked for one row.
type Probe struct {
	List     string `json:"list"`
	Found    bool   `json:"found"`             // it can be read
	Optional bool   `json:"optional"`          // a fetch goes on without it
	Problem  string `json:"problem,omitempty"` // what went wrong
	Needs    string `json:"needs,omitempty"`   // the permission or the table that is missing
	Denied   bool   `json:"denied,omitempty"`  // it is there, and these credentials may not read it
}

// DeniedError says that the credentials may not do something.
type DeniedError struct {
	What  string // reading the table auth_user
	Needs string // GRANT SELECT ON auth_user TO the user of the connection
	Err   error
}

func (e *DeniedError) Error() string {
	if e.Err == nil {
		return e.What + ": not allowed"
	}
	return fmt.Sprintf("%s: %v", e.What, e.Err)
}

func (e *DeniedError) Unwrap() error { return e.Err }

// FolderError says that a folder can't be used for a fetch, or as a source.
type FolderError struct {
	Dir   string
	What  string
	Try   string
	InUse bool
}

func (e *FolderError) Error() string { return e.Dir + " " + e.What }
