// Package adoption tells, after a cut-over, who of the migrated users has
// signed in, who tries and fails, and who never tried: by kind of hash,
// connection and organization, so that a hash that does not verify is seen
// within the hour. It reads the tenant by pages and the checkpoint, and writes
// to neither.
package adoption

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Tenant lists users. A *kinde.Client is one.
type Tenant interface {
	GetUsersPages(ctx context.Context, r kinde.GetUsersRequest) iter.Seq2[kinde.Page[kinde.User], error]
}

// Checkpoint knows who was migrated. A *checkpoint.Reader is one.
type Checkpoint interface {
	RecordsByKindeID(ctx context.Context, ids []string) (map[string]checkpoint.Record, error)
	Records(ctx context.Context, where checkpoint.Selection) iter.Seq2[checkpoint.Record, error]
	Runs(ctx context.Context) ([]checkpoint.Run, error)
}

// Schema names the version of the JSON document.
const Schema = "kinde-migrate.adoption/1"

// Counts is how far a group of users has come.
type Counts struct {
	Users    int64 `json:"users"`
	SignedIn int64 `json:"signed_in"` // since the cut-over
	Failing  int64 `json:"failing"`   // failed, and never got in since
	Never    int64 `json:"never"`     // never tried since
	// FailedSignIns adds up what the tenant counts, of all users in the group.
	FailedSignIns int64 `json:"failed_sign_ins"`
}

// Group is the users with one value of a property.
type Group struct {
	Name string `json:"name"`
	// Label is the name for people, where Name is a code.
	Label string `json:"label,omitempty"`
	Counts
}

// User is somebody who fails to sign in.
type User struct {
	SourceID      string `json:"source_id"`
	KindeID       string `json:"kinde_id"`
	Email         string `json:"email"`
	Method        string `json:"hash_method"`
	Connection    string `json:"connection"`
	FailedSignIns int    `json:"failed_sign_ins"`
}

// Report is what was found.
type Report struct {
	Schema string    `json:"schema"`
	At     time.Time `json:"at"`
	Since  time.Time `json:"since"`
	Tenant string    `json:"tenant"`
	Total  Counts    `json:"total"`
	// Missing counts migrated users whom the tenant no longer shows.
	Missing       int64   `json:"missing"`
	ByHash        []Group `json:"by_hash_method"`
	ByConnection  []Group `json:"by_connection"`
	ByOrg         []Group `json:"by_organization"`
	ByProvider    []Group `json:"by_provider"`
	ByFirstSignIn []Group `json:"by_first_sign_in"`
	// Suspicious names the hash methods and connections of which more people
	// fail than get in.
	Suspicious []string `json:"suspicious"`
	// Failing lists the first people who fail, those with the most failures first.
	Failing   []User `json:"failing"`
	Truncated bool   `json:"failing_truncated,omitempty"`
}

// maxFailing is how many people the report names.
const maxFailing = 1000

// Options says what to read.
type Options struct {
	Tenant     Tenant
	Checkpoint Checkpoint
	Since      time.Time // the cut-over; zero is the start of the checkpoint's first run
	Now        time.Time
	Progress   func(done int64)
}

type tally struct {
	report                                  *Report
	hash, connection, org, provider, signIn map[string]*Counts
}

// Read reads the tenant and folds the report.
func Read(ctx context.Context, o Options) (*Report, error) {
	if o.Since.IsZero() {
		runs, err := o.Checkpoint.Runs(ctx)
		if err != nil {
			return nil, fmt.Errorf("asking the checkpoint for its runs: %w", err)
		}
		if len(runs) > 0 {
			o.Since = runs[0].Started
		}
	}
	// The tenant may tell whole seconds only.
	since := o.Since.Truncate(time.Second)
	r := &Report{Schema: Schema, At: o.Now.UTC(), Since: since.UTC(), Suspicious: []string{}, Failing: []User{}}
	t := &tally{r, map[string]*Counts{}, map[string]*Counts{}, map[string]*Counts{}, map[string]*Counts{}, map[string]*Counts{}}
	var migrated int64
	for x, err := range o.Checkpoint.Records(ctx, checkpoint.Selection{Any: true, Stage: []checkpoint.Stage{checkpoint.Present}}) {
		if err != nil {
			return nil, fmt.Errorf("asking the checkpoint who was migrated: %w", err)
		}
		if x.Outcome != checkpoint.Deleted {
			migrated++
		}
	}
	var done int64
	for page, err := range o.Tenant.GetUsersPages(ctx, kinde.GetUsersRequest{Expand: []string{kinde.ExpandOrganizations}}) {
		if err != nil {
			return nil, fmt.Errorf("reading the users: %w", err)
		}
		ids := make([]string, len(page.Items))
		for i := range page.Items {
			ids[i] = page.Items[i].ID
		}
		known, err := o.Checkpoint.RecordsByKindeID(ctx, ids)
		if err != nil {
			return nil, fmt.Errorf("asking the checkpoint for users: %w", err)
		}
		for i := range page.Items {
			u := &page.Items[i]
			if x, ok := known[u.ID]; ok && x.Stage == checkpoint.Present && x.Outcome != checkpoint.Deleted {
				t.add(u, &x, since)
			}
		}
		done += int64(len(page.Items))
		if o.Progress != nil {
			o.Progress(done)
		}
	}
	r.Missing = max(0, migrated-r.Total.Users)
	t.finish()
	return r, nil
}

func (t *tally) add(u *kinde.User, x *checkpoint.Record, since time.Time) {
	one := Counts{Users: 1, FailedSignIns: int64(u.FailedSignIns)}
	switch {
	case !u.LastSignedIn.IsZero() && !u.LastSignedIn.Before(since):
		one.SignedIn = 1
	case u.FailedSignIns > 0:
		one.Failing = 1
		t.fails(u, x)
	default:
		one.Never = 1
	}
	t.report.Total.plus(one)
	put := func(m map[string]*Counts, name, none string) {
		name = cmp.Or(name, none)
		if m[name] == nil {
			m[name] = &Counts{}
		}
		m[name].plus(one)
	}
	method := x.Method
	if x.Owner == checkpoint.Existed && x.SignIn != "same_password" {
		method = "kept their own" // the hash of the source has no part in it
	}
	put(t.hash, method, "no password")
	put(t.connection, x.Connection, "none")
	put(t.provider, x.Provider, "none named")
	put(t.signIn, x.SignIn, "unknown")
	for _, code := range u.Organizations {
		put(t.org, code, "")
	}
}

func (c *Counts) plus(o Counts) {
	c.Users += o.Users
	c.SignedIn += o.SignedIn
	c.Failing += o.Failing
	c.Never += o.Never
	c.FailedSignIns += o.FailedSignIns
}

// fails keeps those who fail most often, in bounded memory.
func (t *tally) fails(u *kinde.User, x *checkpoint.Record) {
	r := t.report
	r.Failing = append(r.Failing, User{x.SourceID, u.ID, cmp.Or(u.Email, x.Email), x.Method, x.Connection, u.FailedSignIns})
	if len(r.Failing) >= 2*maxFailing {
		t.cut()
	}
}

func (t *tally) cut() {
	r := t.report
	slices.SortStableFunc(r.Failing, func(a, b User) int { return b.FailedSignIns - a.FailedSignIns })
	if len(r.Failing) > maxFailing {
		r.Failing, r.Truncated = r.Failing[:maxFailing], true
	}
}

func (t *tally) finish() {
	t.cut()
	r := t.report
	r.ByHash, r.ByConnection, r.ByOrg = sorted(t.hash), sorted(t.connection), sorted(t.org)
	r.ByProvider, r.ByFirstSignIn = sorted(t.provider), sorted(t.signIn)
	suspect := func(what string, groups []Group) {
		for _, g := range groups {
			// One or two people forget their password on any day.
			if g.Failing >= 3 && g.Failing > g.SignedIn {
				r.Suspicious = append(
					r.Suspicious,
					fmt.Sprintf("%s %s: %d of %d who tried can't sign in", what, g.Name, g.Failing, g.Failing+g.SignedIn),
				)
			}
		}
	}
	suspect("hash", r.ByHash)
	suspect("connection", r.ByConnection)
}

func sorted(m map[string]*Counts) []Group {
	out := make([]Group, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out = append(out, Group{Name: name, Counts: *m[name]})
	}
	slices.SortStableFunc(out, func(a, b Group) int { return cmp.Compare(b.Users, a.Users) })
	return out
}
