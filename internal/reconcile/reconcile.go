package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
)

// Class is what a record or a user of the tenant turned out to be.
type Class string

// The classes. Match, Missing, Different and Explained add up to the records of
// the source; Unexpected and Older are users that no record describes.
const (
	Match      Class = "match"
	Missing    Class = "missing"
	Different  Class = "different"
	Explained  Class = "explained"
	Unexpected Class = "unexpected"
	// Older users were there before the checkpoint's first run, belong to an
	// earlier version of the source, or may be in the part that was cut.
	Older Class = "older"
)

// Sign returns how --combined marks the class.
func (c Class) Sign() string {
	switch c {
	case Match:
		return "="
	case Missing:
		return "+" // only in the source
	case Different:
		return "*"
	case Unexpected, Older:
		return "-" // only in the tenant
	default:
		return "!"
	}
}

// Finding is one record of the source, or one user of the tenant that no record
// describes.
type Finding struct {
	Class    Class
	Record   int64 // 0: nobody of the source
	Line     int64
	File     int
	SourceID string
	Email    string
	KindeID  string // "": nobody of the tenant
	Reported string // explained: rejected, skipped, failed, or kept: the tenant keeps what the source dropped
	Code     string // explained: the code of the problem
	Reason   string // explained: why
	// Differences are what is not as the source describes it.
	Differences []compare.Difference

	want   compare.User
	mate   shown
	beyond []compare.Difference // what the tenant shows and the source does not ask for
	key    string
	other  string // Kinde id of somebody else who carries the record's id
}

// Tenant is what is read. A *kinde.Client is one.
type Tenant interface {
	tenant.API
	importer.Target
}

// Source is where the records come from. An *intake.Intake is one.
type Source interface {
	Scan(ctx context.Context, v intake.Visitor) (intake.Summary, error)
}

// Options says what to compare and how. Tenant, Source and Each are required.
type Options struct {
	Tenant     Tenant
	Source     Source
	Checkpoint Checkpoint       // nil: records are matched by provided id, e-mail, phone, username
	Import     importer.Options // the rules that decide how users should look: Organization, Enterprise, Unsupported, Stale, Partial
	// Deep is the share of the matched users, in percent, whose verified states
	// are asked for one by one; 0 asks for none.
	Deep float64
	// Mend classes a record that failed before by what the tenant shows, so that it
	// is tried again, rather than as explained by that failure.
	Repair      bool
	Concurrency int           // requests per user at once; 0 is 16
	ClockOffset time.Duration // how far the server's clock is ahead of ours
	TempDir     string        // for the join; "" is the system's
	Progress    func(stage string, done, total int64)
	// Each receives every record in the order of the source, then the users that
	// no record describes. It must not keep the Differences.
	Each func(Finding) error
}

// Result counts the findings.
type Result struct {
	Records                                            int64
	Matched, Missing, Different, Explained, Unexpected int64
	Older                                              int64 // users that were there before the first run
	Users                                              int64 // in the tenant
	DeepOf, DeepChecked                                int64 // users that are there, and those whose verified states were asked for
	Summary                                            intake.Summary
	Unknown                                            []importer.Unknown
	// LeftOut counts, by field, the records whose source wants what the tenant can't take.
	LeftOut map[string]int64
}

// CheckedFields are the fields that are compared for everyone.
func CheckedFields() []string {
	return []string{
		"provided_id",
		"given_name",
		"family_name",
		"picture",
		"is_suspended",
		"identities",
		"organizations",
		"roles",
		"properties",
	}
}

// NotVerifiable are the fields that Kinde's API does not show.
func NotVerifiable() []string {
	return []string{"passwords", "password reset requests", "flags"}
}

type reconciler struct {
	opt      Options
	stage    *stage
	resolver *importer.Resolver
	users    int64
	began    int64 // Unix milliseconds of the first run, by the server's clock; 0 unknown
	result   Result
}

// Run compares. The error tells why it could not be done; what was found is in
// the Result and went to Each.
func Run(ctx context.Context, opt Options) (result *Result, err error) {
	if opt.Progress == nil {
		opt.Progress = func(string, int64, int64) {}
	}
	if opt.Concurrency <= 0 {
		opt.Concurrency = 16
	}
	s, err := openStage(ctx, opt.TempDir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	r := &reconciler{opt: opt, stage: s, result: Result{LeftOut: map[string]int64{}}}
	names := importer.NewNames()
	v := &recorder{ctx: ctx, stage: s, names: names, progress: opt.Progress}
	if r.result.Summary, err = opt.Source.Scan(ctx, v); err != nil {
		return nil, err
	}
	if err := v.flush(); err != nil {
		return nil, err
	}
	r.result.Records = v.records
	if r.resolver, err = importer.NewResolver(ctx, opt.Tenant, names, opt.Import); err != nil {
		return nil, err
	}
	r.result.Unknown = r.resolver.Unknown()
	if err := r.firstRun(ctx); err != nil {
		return nil, err
	}
	if err := r.readTenant(ctx); err != nil {
		return nil, fmt.Errorf("reading the tenant: %w", err)
	}
	r.result.Users = r.users
	if err := r.index(ctx); err != nil {
		return nil, err
	}
	if err := s.match(ctx); err != nil {
		return nil, err
	}
	if err := r.compareRecords(ctx); err != nil {
		return nil, err
	}
	if err := r.others(ctx); err != nil {
		return nil, err
	}
	x := &r.result
	if sum := x.Matched + x.Missing + x.Different + x.Explained; sum != x.Records {
		return nil, fmt.Errorf("the comparison does not add up: %d records, but %d in its classes", x.Records, sum)
	}
	return x, nil
}

// firstRun finds out since when the job has written to the tenant.
func (r *reconciler) firstRun(ctx context.Context) error {
	if r.opt.Checkpoint == nil {
		return nil
	}
	runs, err := r.opt.Checkpoint.Runs(ctx)
	if err != nil {
		return fmt.Errorf("asking the checkpoint for its runs: %w", err)
	}
	if len(runs) > 0 {
		// The server may tell whole seconds only.
		r.began = runs[0].Started.Add(r.opt.ClockOffset).Truncate(time.Second).UnixMilli()
	}
	return nil
}

func (r *reconciler) progress(stage string, done, total int64) { r.opt.Progress(stage, done, total) }
