package importer

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Options says whom to import, where to, and how. Tenant, Checkpoint, and
// either Users or Files must be set; the zero values of the rest are careful.
type Options struct {
	Tenant     kinde.Config // a nil Gate is one that learns the tenant's limit
	Users      Source
	Files      Files
	Checkpoint string // path of the file that keeps the state of the job

	DryRun             bool   // look up, plan and count, and write nothing
	OnExisting         string // users that this job did not create: "skip", "update" or "fail"; "" is "skip"
	OverwritePasswords bool   // with "update", set the passwords of users that existed, too
	Unsupported        string // hashes that Kinde can't hold: "reset", "skip" or "reject"; "" is "reset"
	Organization       string // code of an organization that everyone joins, too
	CreateMissing      bool   // create the organizations, roles, permissions and properties that are named and missing
	Enterprise         bool   // allow enterprise identities, which exclude all others
	RetryFailed        bool   // try again what the tenant refused
	NoReadBack         bool   // don't compare with the tenant afterwards
	MaxErrors          int64  // stop after so many failed users; 0 is never
	AcceptChanges      bool   // accept options that differ from the last run
	NewSource          bool   // accept another source on this checkpoint

	// Confirm is called before the first write, with what is going to be done.
	// An error ends the run. nil asks nobody.
	Confirm  func(context.Context, Plan) error
	Progress func(Progress) // called a few times a second by one goroutine; may be nil
}

// Files names export files of a provider, and how to read them.
type Files struct {
	Paths   []string
	Preset  string // "auth0", "cognito" …; "" is found by the content
	Mapping string // a mapping file (YAML) that extends or replaces the preset

	Passwords, Identities, Memberships, Organizations []string // companion files

	HashParams      map[string]string // hash parameters of the whole project
	IDPrefix        string            // stands before all ids, "NAME|id"
	RoleScope       string            // roles of one name in several applications: "app" (keys "app:role") or "none" (one role); "" refuses them
	Incomplete      bool              // the files may be some pages of several; otherwise that is refused
	MergeDuplicates bool              // unite the records of one person; otherwise the first wins
}

// Plan is what a run is about to do.
type Plan struct {
	Domain      string
	Environment string // its name in Kinde
	Live        bool
	Users       int64 // to work on
	Resumed     bool  // an earlier run is gone on with
	Missing     []Missing
}

// Missing is a name that users refer to and the tenant lacks.
type Missing struct {
	Kind  string // organization, role, permission, property, connection, flag
	Name  string
	Users int64
	Then  string // what becomes of it
}

// Progress is how far a run has come.
type Progress struct {
	Phase       string // "reading", "importing", "reading back" …
	Done, Total int64  // users of this phase; a total of 0 is not known
	Failed      int64
	Rate, Limit float64 // requests per second: lately, and what the tenant is believed to allow (0: not known)
	Note        string  // something to tell a person, such as a tenant that does not answer; else ""
}

// rules turns the options into those of the engine.
func (o *Options) rules() (importer.Options, error) {
	for _, x := range []struct {
		name, value string
		known       []string
	}{{"OnExisting", o.OnExisting, []string{"", "skip", "update", "fail"}}, {"Unsupported", o.Unsupported,
		[]string{"", "reset", "skip", "reject"}},
		{"RoleScope", o.Files.RoleScope, []string{"", "app", "none"}}} {
		if !slices.Contains(x.known, x.value) {
			return importer.Options{}, &RefusedError{
				Message: fmt.Sprintf("%s is %q", x.name, x.value),
				Try:     fmt.Sprintf("Use one of %q.", x.known[1:]),
			}
		}
	}
	opt := importer.Options{
		DryRun:             o.DryRun,
		OnExisting:         importer.OnExisting(cmp.Or(o.OnExisting, "skip")),
		OverwritePasswords: o.OverwritePasswords,
		Unsupported:        importer.Unsupported(cmp.Or(o.Unsupported, "reset")),
		Organization:       o.Organization,
		CreateMissing:      o.CreateMissing,
		Enterprise:         o.Enterprise,
		RetryFailed:        o.RetryFailed,
		NoReconcile:        o.NoReadBack,
		MaxErrors:          job.MaxErrors{Count: o.MaxErrors},
		AcceptChanges:      o.AcceptChanges,
		NewSource:          o.NewSource,
		Progress:           progressOf(o.Progress),
	}
	duplicates := "reject"
	if o.Files.MergeDuplicates {
		duplicates = "merge"
	}
	opt.Pinned = map[string]string{"on-existing": string(opt.OnExisting), "overwrite-passwords": strconv.FormatBool(o.OverwritePasswords),
		"duplicates": duplicates, "unsupported-passwords": string(opt.Unsupported), "stale-passwords": "reset", "organization": o.Organization,
		"enterprise": strconv.FormatBool(o.Enterprise), "assume": "", "try-crypt": "false"}
	if o.Files.RoleScope != "" {
		opt.Pinned["role-scope"] = o.Files.RoleScope
	}
	if o.Files.IDPrefix != "" {
		opt.Pinned["id-prefix"] = o.Files.IDPrefix
	}
	return opt, nil
}

func missing(unknown []importer.Unknown) []Missing {
	out := make([]Missing, len(unknown))
	for i, u := range unknown {
		out[i] = Missing{Kind: u.Kind, Name: u.Name, Users: u.Count, Then: u.Will}
	}
	return out
}

// confirmation asks Confirm what the engine asks.
func confirmation(confirm func(context.Context, Plan) error) func(context.Context, importer.Plan) error {
	if confirm == nil {
		return nil
	}
	return func(ctx context.Context, p importer.Plan) error {
		return confirm(
			ctx,
			Plan{Domain: p.Domain, Environment: p.Environment.Name, Live: p.Environment.IsLive, Users: p.Pending, Resumed: p.Resumed,
				Missing: missing(p.Unknown)},
		)
	}
}

// teller tells a callback what the engine tells.
type teller struct {
	tell  func(Progress)
	phase string
}

func progressOf(tell func(Progress)) job.Progress {
	if tell == nil {
		return nil
	}
	return &teller{tell: tell}
}

// Phase begins a phase.
func (t *teller) Phase(name string, total int64) {
	t.phase = name
	t.tell(Progress{Phase: name, Total: total})
}

// Update tells a state.
func (t *teller) Update(s job.State) {
	t.tell(
		Progress{Phase: t.phase, Done: s.Done, Total: s.Total, Failed: s.Counts["failed"] + s.Counts["rejected"], Rate: s.Rate, Limit: s.Limit},
	)
}

// Note tells something at once.
func (t *teller) Note(message string) { t.tell(Progress{Phase: t.phase, Note: message}) }
