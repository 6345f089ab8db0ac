package checkpoint

// A Change is one thing to write. Changes of one call are committed together.
type Change interface{ apply(w *writer) error }

// PutRecords inserts records; an ID of zero is given out in order and written back.
type PutRecords []*Record

// SetRecord writes a whole record row by its ID.
type SetRecord struct{ Record *Record }

// SetProgress changes what applying changes of a record, and nothing else.
type SetProgress struct {
	ID      int64
	KindeID string
	Owner   Owner
	Outcome Outcome
	Pass    int
	Stage   Stage
	SignIn  string // "" leaves it
}

// PutStep inserts or replaces the state of a step.
type PutStep struct{ Step Step }

// DropSteps forgets the steps of a record, of one kind or ("") of all.
type DropSteps struct {
	Record int64
	Kind   string
}

// AddAttempt remembers a request.
type AddAttempt struct{ Attempt Attempt }

// AddProblems remembers problems.
type AddProblems []Problem

// DropProblems forgets the problems of a record (0: of all records), those of applying or those of mapping.
type DropProblems struct {
	Record   int64
	Applying bool
}

// DropLeftProblems forgets the problems of records that have left the source and
// have no user: nothing is to be done about them any more.
type DropLeftProblems struct{}

// PutDifferences replaces all differences.
type PutDifferences []Difference

// SetJob, SetTenant and SetSource replace the row.
type (
	SetJob    struct{ Job Job }
	SetTenant struct{ Tenant Tenant }
	SetSource struct{ Source Source }
)

// PutRun inserts a run (ID zero, written back) or updates it.
type PutRun struct{ Run *Run }

// PutCalls replaces the counts of operations of a run.
type PutCalls []Call

// PutBuckets inserts or replaces seconds of a run.
type PutBuckets []Bucket

// SetRate keeps the learnt state of the gate, JSON.
type SetRate struct{ State []byte }

// SetNote keeps a named JSON document, such as the result of the read-back.
type SetNote struct {
	Name string
	JSON []byte
}
