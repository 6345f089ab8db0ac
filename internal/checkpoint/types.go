package checkpoint

import "time"

// Outcome is the class of a record. A record is in exactly one.
type Outcome string

// The classes. Created and Updated hold for the pass in which they were
// reached; in a later pass such a record counts as Unchanged.
const (
	Pending   Outcome = "pending"
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
	Skipped   Outcome = "skipped"
	Rejected  Outcome = "rejected"
	Failed    Outcome = "failed"
	Deleted   Outcome = "deleted"
)

// Owner says how the user in the tenant came to be ours, if they are.
type Owner string

// The owners. Only users that the job created or adopted are ever rolled back.
const (
	NoOwner Owner = ""        // nobody in the tenant yet, or unknown
	Made    Owner = "created" // createUser answered that it created them
	Adopted Owner = "adopted" // a create got no answer; the evidence says that they are ours
	Existed Owner = "existed" // was there before us
)

// Stage says how far a record has come in the tenant.
type Stage int

// The stages of a record.
const (
	Untouched Stage = 0 // no write was meant for it
	Intended  Stage = 1 // a create was meant; whether it happened must be looked up
	Present   Stage = 2 // its user is in the tenant and their id is known
)

// Wants counts what the source wants for one record, by kind of step.
type Wants struct {
	Identities, Social, Suspensions, Resets, Properties, Passwords, Flags, Memberships, Roles, Permissions int
}

// Record is one user as the job knows it.
type Record struct {
	ID     int64 // row id; stays the same when the record moves in a newer source
	File   int   // index of its source file; Elsewhere: the source that is read does not hold it
	Number int64 // 1-based, over all files
	Line   int64
	Offset int64
	Length int64
	Rows   []Row  // the further rows that were united into it
	Key    Digest // identifies the record across runs

	SourceID string
	Email    string
	Phone    string
	Username string
	Name     string // given and family name, for people who read the checkpoint

	KindeID string
	Owner   Owner
	Outcome Outcome
	Pass    int // the pass in which Outcome was reached
	Seen    int // the last version of the source that held the record
	Stage   Stage

	Provider   string // how the source signs the user in
	Method     string // encoding of the source's hash, "" without one
	Connection string // strategy or connection of the first link
	SignIn     string // how they will sign in: same_password, new_password, social, code, suspended, none
	MFALost    bool
	Want       Wants

	Mapped Digest // of what the mapping made of it
}

// Elsewhere is the File of a record that an earlier version of the source holds and
// that is wanted still: its position means nothing now.
const Elsewhere = -1

// Row is the position of one row of the source.
type Row struct {
	File                         int
	Number, Line, Offset, Length int64
}

// Digest is a truncated digest. The zero Digest means none.
type Digest [16]byte

// IsZero tells whether there is no digest.
func (d Digest) IsZero() bool { return d == Digest{} }

// Kinds of step. A kind is stable: it names rows in files that outlive a release.
const (
	StepCreate      = "create"
	StepUpdate      = "update" // names, picture, provided_id
	StepSuspension  = "suspensions"
	StepReset       = "resets"
	StepIdentities  = "identities" // e-mail, phone, username
	StepSocial      = "social"
	StepProperties  = "properties"
	StepPassword    = "passwords"
	StepFlags       = "flags"
	StepMemberships = "memberships"
	StepRoles       = "roles"
	StepPermissions = "permissions"
	StepClaims      = "claims"
	StepDropped     = "dropped" // left: something that the source dropped stays, until a mirror takes it away
	StepKept        = "kept"    // left: a field that the source cleared and the API does not; the key names it
	StepDelete      = "delete"
	StepParked      = "parked" // an identity that stands in while the user's own moves to somebody else
)

// StepState is the state of a step.
type StepState string

// The states of a step. A step without a row is still to be done.
const (
	Intent  StepState = "intent" // meant; durable before the call; outcome unknown
	Done    StepState = "done"
	Refused StepState = "refused" // the API said no: final until --retry-failed
	GaveUp  StepState = "gave_up" // tried long enough; tried again by the next run
	Omitted StepState = "left"    // deliberately not done (Message says why)
	Found   StepState = "found"   // in place before the job came
)

// Step is the state of one step of one record.
type Step struct {
	Record  int64
	Kind    string
	Key     string // which of its kind: organization code, flag key, connection; "" when there is one
	State   StepState
	Units   int    // how many things it covers: identities, properties, roles
	Digest  Digest // of what was asked, to notice a change; keyed for passwords
	Code    string // problem code when refused or given up
	Message string
	Detail  string // JSON: evidence of an adoption, values before an update
	Run     int64
	At      time.Time
}

// Attempt is one request and its answer.
type Attempt struct {
	Record    int64 // 0 when it served many
	Run       int64
	Operation string
	Method    string
	Status    int // 0 when no answer came
	Class     string
	Started   time.Time
	Latency   time.Duration
	Try       int
	Error     string
}

// Problem is something wrong with a record, or with the source as a whole.
type Problem struct {
	Record   int64 // row id; 0: the source as a whole
	Applying bool  // found while writing, not while mapping
	File     int
	Number   int64
	Line     int64
	SourceID string
	Severity string // error or warning
	Code     string
	Field    string
	Message  string
	Hint     string
}

// Difference is something that the read-back found.
type Difference struct {
	Record   int64 // 0: nobody of the source
	SourceID string
	KindeID  string
	Kind     string // missing, different, unexpected
	Field    string
	Expected string
	Actual   string
}

// Job is what the checkpoint is about.
type Job struct {
	Command  string
	Pass     int    // 1-based; a rerun after the end of a pass begins the next one
	Source   int    // 1-based; counts the versions of the source that were scanned
	Options  string // JSON: the options that must not change between runs
	Complete bool   // the pass ran to its end
	Created  time.Time
}

// Tenant identifies the tenant.
type Tenant struct {
	Origin      string // scheme://host[:port]
	Code        string // environment code
	Name        string // environment name
	Live        bool
	Domain      string // as the user named it
	ClockOffset time.Duration
}

// SourceFile is one file of the source of a pass.
type SourceFile struct {
	Index   int
	Path    string
	Bytes   int64
	SHA256  string
	ModTime time.Time
}

// Source is the source of the current pass.
type Source struct {
	Files         []SourceFile
	Format        string
	Preset        string
	Evidence      string
	MappingSHA256 string
	Inputs        string // digest over everything that decides what the records become
	Rows          int64
	Filtered      int64
	Hashes        int64
	Joined        int64
	JoinedNobody  int64
	Header        []byte // CSV header of the first file, for rejects
}

// Run is one process that worked on the job.
type Run struct {
	ID       int64
	Name     string // run_id of the report
	Pass     int
	Command  string
	Version  string
	Resumed  bool
	Started  time.Time
	Finished time.Time // zero while it runs, or when it was killed
	End      string    // "", finished, interrupted, failed
	Exit     int
	Error    string
}

// Call counts the requests of one operation in one run.
type Call struct {
	Run       int64
	Operation string
	Calls     int64
	Succeeded int64
	Failed    int64
	Throttled int64
	Retried   int64
}

// Bucket is one second of a run.
type Bucket struct {
	Run       int64
	Second    int64 // Unix time
	Requests  int64
	Throttled int64
	Users     int64   // finished in this second
	Limit     float64 // believed limit, requests per second; 0 unknown
	InFlight  int64
}

// Reconciliation is the result of a read-back.
type Reconciliation struct {
	Performed     bool     `json:"performed"`
	Matched       int64    `json:"matched"`
	Missing       int64    `json:"missing"`
	Different     int64    `json:"different"`
	Explained     int64    `json:"explained"`
	Unexpected    int64    `json:"unexpected"`
	CheckedFields []string `json:"checked_fields"`
	NotVerifiable []string `json:"not_verifiable"`
	Longest       int64    `json:"longest_open_ms"` // longest time between a create and its suspension

	Run string    `json:"run,omitempty"` // the run that looked
	At  time.Time `json:"at,omitzero"`
}
