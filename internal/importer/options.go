package importer

import (
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
)

// OnExisting says what becomes of a user that no run of the checkpoint created.
type OnExisting string

// The policies for users that exist. The zero value is Skip.
const (
	Skip   OnExisting = "skip"
	Update OnExisting = "update"
	Fail   OnExisting = "fail"
)

// Unsupported says what becomes of a hash that Kinde can't hold.
type Unsupported string

// The policies for hashes that Kinde can't hold. The zero value is ResetUnsupported.
const (
	ResetUnsupported  Unsupported = "reset"  // create the user and ask for a new password
	SkipUnsupported   Unsupported = "skip"   // create the user without either
	RejectUnsupported Unsupported = "reject" // reject the record
)

// Stale says what becomes of a hash that is older than the last password change. The zero value is ResetStale.
type Stale string

// The policies for stale hashes.
const (
	ResetStale Stale = "reset"
	SetStale   Stale = "set"
)

// Gone says what becomes of users that a newer source no longer holds. The zero value is KeepGone.
type Gone string

// The policies for users that are gone from the source.
const (
	KeepGone    Gone = "keep"
	SuspendGone Gone = "suspend"
	DeleteGone  Gone = "delete"
)

// Options says how to import. The zero value is a careful import.
type Options struct {
	Command string // shown in the report; "" is "import"
	RunID   string // "" is made up
	Version string // of the program

	DryRun             bool // look up, plan, count; write nothing. Needs a temporary checkpoint
	OnExisting         OnExisting
	OverwritePasswords bool
	Unsupported        Unsupported
	Stale              Stale
	Organization       string // put everyone in this organization too, by code
	CreateMissing      bool   // create definitions that the source names and the tenant lacks
	Enterprise         bool   // allow enterprise identities
	RefreshClaims      bool   // of existing users whose roles, flags or properties changed
	Strict             bool   // unknown names stop the run before the first write
	NoReconcile        bool   // skip the read-back
	RetryFailed        bool   // try again what the API refused for good
	MaxErrors          job.MaxErrors

	Mirror  bool    // also remove identities, memberships and roles that the job brought and the source dropped
	Gone    Gone    // what to do with users that a newer source no longer holds
	MaxGone float64 // share of the known users, in percent; 0 is 1 %
	Partial bool    // the source was cut (limit, sample, only, filter): nobody counts as gone

	// Selection says which part of the source was asked for, as a person would
	// type it. Another part is read anew, so that a pilot and the full run can
	// share a checkpoint.
	Selection string

	Complete bool // users come by files that the dashboard imported: nobody of these is created here

	AcceptChanges bool // accept options that differ from the last run
	NewSource     bool // accept another source on this checkpoint
	Correction    bool // the source holds corrected rejects of this checkpoint

	Concurrency int // users in work at once; 0 is sensible

	AwaitDelivery bool // the pass stays open until the checkpoint's Delivered is called

	// Fingerprint of all options that decide what the tenant should look like:
	// name and value as a person would type them. They are kept in the
	// checkpoint and compared by the next run.
	Pinned map[string]string

	Progress job.Progress     // nil: none
	Now      func() time.Time // nil: time.Now
}

// Result is how a run ended. Everything else is in the checkpoint.
type Result struct {
	job.Result
	Totals   map[checkpoint.Outcome]int64
	Read     checkpoint.Reconciliation
	Unknown  []Unknown        // names that the tenant lacks
	Planned  map[string]int64 // dry run: requests by operation
	GoneKept int64            // users whom the source no longer holds, and who stay
	Left     []string         // definitions that a rollback could not delete, and why
	Open     int64            // users that must be suspended and could not be: they can sign in
}

// Unknown is a name that the source uses and the tenant lacks.
type Unknown struct {
	Kind  string // organization, role, permission, property, connection, flag
	Name  string
	Count int64  // records that use it
	Will  string // what becomes of it: "will be created", "left out", "their records are rejected"
}
