package importer

import (
	"fmt"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// crowd makes n people who want nothing but a place in one of some organizations.
func crowd(n, organizations int) (*people, *sandbox.Definitions) {
	p, d := &people{}, &sandbox.Definitions{}
	for i := range organizations {
		d.Organizations = append(
			d.Organizations,
			sandbox.OrganizationDefinition{Code: fmt.Sprintf("org_%03d", i), Name: fmt.Sprint("Organization ", i)},
		)
	}
	for i := range n {
		u := &mapping.User{
			SourceID:   fmt.Sprint(i),
			Identities: []mapping.Identity{{Type: mapping.Email, Value: fmt.Sprintf("p%d@example.com", i)}},
		}
		// The first place comes with the create; the second is a bulk request's.
		for _, k := range []int{i % organizations, (i + 1) % organizations} {
			u.Memberships = append(u.Memberships, mapping.Membership{Organization: mapping.Organization{Code: d.Organizations[k].Code}})
		}
		p.users = append(p.users, u)
	}
	return p, d
}

// Users of small organizations are settled on the way, for few requests, and a
// dry run knows how many.
func TestMembershipsAreSettledOnTheWay(t *testing.T) {
	p, d := crowd(2*settleEvery+100, 120)
	w := newWorld(t, sandbox.Options{Definitions: d})
	planned := w.dryRun(p, Options{})
	settledBefore := int64(-1)
	watch := func(j *Job) {
		client := j.Target.(*kinde.Client)
		j.Target = &lastCreate{Target: client, left: int64(len(p.users)), then: func() {
			totals, err := j.Checkpoint.Totals(t.Context())
			if err != nil {
				t.Error(err)
			}
			settledBefore = totals[checkpoint.Created]
		}}
	}
	o := w.run(p, Options{NoReconcile: true}, watch)
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: int64(len(p.users))})
	if settledBefore < settleEvery/4 {
		t.Errorf("at the last create %d users were settled", settledBefore)
	}
	if per := float64(o.total) / float64(len(p.users)); per > 1.05 {
		t.Errorf("%.3f requests per user: %v", per, o.calls)
	}
	if n := o.calls[operation.AddOrganizationUsers]; n != planned.Planned[operation.AddOrganizationUsers] {
		t.Errorf("%d requests for memberships, planned %d", n, planned.Planned[operation.AddOrganizationUsers])
	}
}

// After the first Ctrl-C the memberships of those who were created are written.
func TestDrainSettlesWhoWasCreated(t *testing.T) {
	p, d := crowd(60, 5)
	w := newWorld(t, sandbox.Options{Definitions: d})
	drain := make(chan struct{})
	recorder := engine.NewRecorder()
	client := w.newClientOver(recorder, &after{next: sandbox.Transport(w.tenant), left: 40, then: func() { close(drain) }})
	o := w.run(p, Options{Concurrency: 4}, func(j *Job) { j.Target, j.Recorder, j.Drain = client, recorder, drain })
	if o.err != nil || !o.Interrupted {
		t.Fatal(o.Interrupted, o.err)
	}
	cut := 0
	for _, u := range w.tenant.Snapshot() {
		if len(u.Memberships) != 2 {
			cut++
		}
	}
	if cut > 4 {
		t.Errorf("%d users wait for a membership, and only 4 were in work", cut)
	}
	// Who was cut between the create and the queue is left to the next run.
	if n := int64(w.tenant.Count()) - o.Totals[checkpoint.Created]; n < 0 || n > 4 {
		t.Errorf("%d users are in the tenant, %v", w.tenant.Count(), o.Totals)
	}
}
