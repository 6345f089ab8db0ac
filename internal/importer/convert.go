package importer

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/importfile"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// Converted counts what a conversion wrote, and what is left to the API.
type Converted struct {
	Users int64 `json:"users"` // in the files
	Left  Left  `json:"left"`
}

// Left counts what the files do not hold.
type Left struct {
	Users         int64 `json:"users"` // who have neither an e-mail address nor a phone number
	Social        int64 `json:"social"`
	Identities    int64 `json:"identities"`
	Pictures      int64 `json:"pictures"`
	Suspensions   int64 `json:"suspensions"`
	Resets        int64 `json:"resets"`
	Properties    int64 `json:"properties"` // users with some
	Flags         int64 `json:"flags"`
	Memberships   int64 `json:"memberships"`
	VerifiedMarks int64 `json:"verified_marks"` // that nothing can set later
}

// Convert does the first pass of an import into a checkpoint without a tenant,
// and hands each user to put, which writes it into a file and names that. The
// checkpoint then says whom the dashboard is to create by which file; a run with
// Options.Complete takes it up. What no file holds stays for the API.
func Convert(
	ctx context.Context,
	j Job,
	opt Options,
	format importfile.Format,
	put func(*mapping.User, *password.Body) (file string, err error),
) (Converted, error) {
	var out Converted
	r, err := newRun(&j, &opt)
	if err != nil {
		return out, err
	}
	err = r.eachPending(ctx, func(record *checkpoint.Record, u *mapping.User) error {
		return r.convert(ctx, record, u, format, put, &out)
	})
	return out, err
}

// Each does the first pass of an import into a checkpoint without a tenant, and
// hands each user that is good for one to put, with the hash that Kinde holds.
func Each(ctx context.Context, j Job, opt Options, put func(*mapping.User, *password.Body) error) error {
	r, err := newRun(&j, &opt)
	if err != nil {
		return err
	}
	return r.eachPending(ctx, func(_ *checkpoint.Record, u *mapping.User) error {
		_, b := r.planner.forFile(u)
		return put(u, b)
	})
}

func (r *run) eachPending(ctx context.Context, write func(*checkpoint.Record, *mapping.User) error) error {
	_, err := r.execute(ctx, func(ctx context.Context) error {
		if err := r.read(ctx); err != nil {
			return err
		}
		r.job.Unfinished = true // the job goes on in the tenant
		r.meter.Begin("writing", 0)
		pending := checkpoint.Selection{Outcomes: []checkpoint.Outcome{checkpoint.Pending}}
		for chunk, err := range chunks(r.Checkpoint.Records(ctx, pending), lookUpChunk) {
			if err != nil {
				return err
			}
			if r.job.Draining() {
				return context.Canceled
			}
			for record, item := range r.items(ctx, chunk) {
				if item.User == nil {
					return unreadable(record, item)
				}
				if err := write(record, item.User); err != nil {
					return err
				}
			}
		}
		return r.Checkpoint.Flush(ctx)
	})
	return err
}

// convert writes one user, and that it is meant.
func (r *run) convert(ctx context.Context, record *checkpoint.Record, u *mapping.User, format importfile.Format,
	put func(*mapping.User, *password.Body) (string, error), out *Converted,
) error {
	w, b := r.planner.forFile(u)
	out.Left.count(w, b, format)
	if !importfile.Holds(u) || w.fatal {
		out.Left.Users++
		return nil
	}
	file, err := put(u, b)
	if err != nil {
		return err
	}
	out.Users++
	now := r.opt.Now()
	meant := intended{}.with(w)
	meant.Server, meant.File = now.Add(-clockSlack), file
	detail, _ := json.Marshal(meant) // plain data never fails
	return r.Checkpoint.Post(
		ctx,
		checkpoint.SetProgress{ID: record.ID, Outcome: checkpoint.Pending, Pass: r.job.Pass, Stage: checkpoint.Intended},
		checkpoint.PutStep{
			Step: checkpoint.Step{
				Record: record.ID,
				Kind:   checkpoint.StepCreate,
				State:  checkpoint.Intent,
				Units:  1,
				Detail: string(detail),
				Run:    r.job.Run.ID,
				At:     now,
			},
		},
	)
}

// forFile is what a file may hold of a user: it names no thing of a tenant.
func (p *planner) forFile(u *mapping.User) (*wanted, *password.Body) {
	w := &wanted{user: u, identities: u.Identities, suspended: u.Suspended, reset: u.PasswordReset}
	p.resolvePassword(w)
	if w.password == nil {
		return w, nil
	}
	body := password.Body(*w.password)
	return w, &body
}

// clockSlack is how far the clock of this machine, the only one that a conversion
// knows, may be ahead of the tenant's.
const clockSlack = time.Hour

// LeftOf tells what files of the format leave of one user.
func LeftOf(u *mapping.User, opt Options, format importfile.Format) (l Left) {
	w, b := (&planner{opt: &opt}).forFile(u)
	if !importfile.Holds(u) {
		l.Users = 1
		return l
	}
	l.count(w, b, format)
	return l
}

// Add adds what is left of another user, or takes it away again with sign -1.
func (l *Left) Add(o Left, sign int64) {
	for to, n := range map[*int64]int64{&l.Users: o.Users, &l.Social: o.Social, &l.Identities: o.Identities, &l.Pictures: o.Pictures,
		&l.Suspensions: o.Suspensions,
		&l.Resets:      o.Resets, &l.Properties: o.Properties, &l.Flags: o.Flags, &l.Memberships: o.Memberships,
		&l.VerifiedMarks: o.VerifiedMarks} {
		*to += sign * n
	}
}

func (l *Left) count(w *wanted, b *password.Body, format importfile.Format) {
	u := w.user
	add := func(to *int64, yes bool) {
		if yes {
			*to++
		}
	}
	l.Social += int64(len(u.Links))
	l.Flags += int64(len(u.Flags))
	held := format.Identities(u.Identities)
	l.Identities += int64(len(u.Identities) - len(held))
	for _, i := range u.Identities {
		add(&l.VerifiedMarks, i.Verified && (!slices.Contains(held, i) || !format.Verifies(i, format.Password(b))))
	}
	add(&l.Pictures, u.Picture != "")
	add(&l.Suspensions, w.suspended)
	add(&l.Resets, w.reset)
	add(&l.Properties, len(u.Properties) > 0 && !format.Properties())
	for _, m := range u.Memberships {
		add(&l.Memberships, !format.Membership(m.Organization))
	}
}
