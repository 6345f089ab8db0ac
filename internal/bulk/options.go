package bulk

import (
	"context"
	"encoding/json"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Codes of problems that only bulk jobs have.
const (
	UserUnknown   mapping.Code = "USER_UNKNOWN"    // the name belongs to nobody in the tenant
	UserNotMember mapping.Code = "USER_NOT_MEMBER" // copy: the user is in the tenant, but not in the organization that is copied
	UserSignedIn  mapping.Code = "USER_SIGNED_IN"  // spared, because the user has signed in since
	UserUnsure    mapping.Code = "USER_UNSURE"     // spared, because it is not certain that the job made the user
)

// Change is what a verb changes.
type Change struct {
	Profile    map[string]string // update: given_name, family_name, picture, provided_id
	Properties map[string]string
	Flags      map[string]string
	Type       string // add-identity: email, phone, username, social or enterprise
	Value      string
	Connection string // id of a connection
	Factor     string // reset-mfa: one factor; "" is all
	Everywhere bool   // delete: from the subscriber list, too

	From         string   // copy: code of the organization whose members are copied
	Organization string   // code of the organization of invitations and scopes, and that members are copied to
	Roles        []string // invite: keys
	SendEmail    bool     // invite: the tenant writes to them at once
	OrReset      bool     // invite: ask members for a new password instead
	API          string   // add-scope, remove-scope: id, audience or name of the API
	Scopes       []string // their keys
}

// Who is who is meant.
type Who struct {
	Asks   []Ask
	Source checkpoint.Source // the file, for the report; Inputs tells whether it changed
}

// Options says what to do. The zero values are careful.
type Options struct {
	Verb    Verb
	Change  Change
	Version string // of the program
	RunID   string

	// Who is asked for the users. Remote tells that it costs requests: a run
	// that goes on with an earlier one does not ask again. For copy nil means
	// every member.
	Who    func(ctx context.Context) (Who, error)
	Remote bool

	DryRun        bool
	Guarded       bool // delete: spare those who have signed in and those who are not certainly the job's
	Force         bool // delete: spare nobody
	RetryRefused  bool // also try again what the API refused
	AcceptChanges bool
	Concurrency   int
	MaxErrors     job.MaxErrors
	AtMost        int  // users that this run changes; the others stay pending. 0 is all
	AwaitDelivery bool // the pass stays open until the checkpoint's Delivered is called

	// Pinned are the options that decide what happens, as a person would type them.
	Pinned map[string]string

	Progress job.Progress
	Now      func() time.Time // nil: time.Now
}

// Job is what a run works with.
type Job struct {
	Target     Target
	Checkpoint *checkpoint.Store // temporary for a dry run and for verbs that read
	Recorder   *engine.Recorder
	Pace       job.Pace        // nil: none is shown or remembered
	Drain      <-chan struct{} // closed: finish what is in flight
	// Confirm is called before the first write. An error ends the run.
	Confirm func(context.Context, Plan) error
}

// Plan is what a run is about to do.
type Plan struct {
	Environment kinde.Environment
	Users       int64 // that are to be worked on
	Resumed     bool
}

// Result is how a run ended. Everything else is in the checkpoint.
type Result struct {
	job.Result
	Planned map[string]int64 // dry run: requests by operation
	Shown   []Shown          // what a reading verb read, in the order of the asks
}

// Shown is what a reading verb shows of one user.
type Shown struct {
	User       kinde.User
	Identities []kinde.Identity
	Properties []kinde.PropertyValue
	Sessions   []kinde.Session
	More       bool // the tenant held some sessions back
	Factors    []kinde.MFAFactor
}

func (o *Options) pinned() string {
	data, _ := json.Marshal(o.Pinned) // maps of texts never fail
	return string(data)
}
