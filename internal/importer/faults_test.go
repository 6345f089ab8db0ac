package importer

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// TestFaults lets one thing go wrong at a time. Each ends with everybody in the
// tenant, once and with everything, by one run unless the case says otherwise.
func TestFaults(t *testing.T) {
	writes := []string{
		"createUser",
		"updateUser",
		"SetUserPassword",
		"UpdateUserProperties",
		"CreateUserIdentity",
		"AddOrganizationUsers",
		"UpdateUserFeatureFlagOverride",
	}
	on := func(kind string, also ...func(*sandbox.Fault)) []sandbox.Fault {
		var faults []sandbox.Fault
		for _, op := range writes {
			f := sandbox.Fault{Operations: []string{op}, Kind: kind, Nth: []int{1, 2, 5}}
			for _, a := range also {
				a(&f)
			}
			faults = append(faults, f)
		}
		return append(faults, sandbox.Fault{Operations: []string{"getUsers"}, Kind: kind, Nth: []int{1}})
	}
	status := func(n int) func(*sandbox.Fault) { return func(f *sandbox.Fault) { f.Status = n } }
	acted := func(f *sandbox.Fault) { f.Acted = true }
	lasting := func(d time.Duration) func(*sandbox.Fault) { return func(f *sandbox.Fault) { f.Duration = d } }
	header := func(h sandbox.HintHeader) sandbox.Limits { return sandbox.Limits{Rate: 20, Burst: 5, Header: h} }

	for name, c := range map[string]struct {
		opt     sandbox.Options
		atLeast time.Duration // of virtual time
	}{
		"429 with RateLimit-Reset":        {opt: sandbox.Options{Limits: header("ratelimit-reset")}},
		"429 with Retry-After in seconds": {opt: sandbox.Options{Limits: header("retry-after")}},
		"429 with Retry-After as a date":  {opt: sandbox.Options{Limits: header("retry-after-date")}},
		"429 without a header":            {opt: sandbox.Options{Limits: header("none")}},
		"500":                             {opt: sandbox.Options{Faults: on(sandbox.FaultStatus, status(500))}},
		"503 after it acted":              {opt: sandbox.Options{Faults: on(sandbox.FaultStatus, status(503), acted)}},
		"reset before":                    {opt: sandbox.Options{Faults: on(sandbox.FaultResetBefore)}},
		"reset after":                     {opt: sandbox.Options{Faults: on(sandbox.FaultResetAfter)}},
		"cut body":                        {opt: sandbox.Options{Faults: on(sandbox.FaultCutBody)}},
		"empty body":                      {opt: sandbox.Options{Faults: on(sandbox.FaultEmptyBody)}},
		"a proxy's page":                  {opt: sandbox.Options{Faults: on(sandbox.FaultHTML)}},
		"a proxy's page after it acted":   {opt: sandbox.Options{Faults: on(sandbox.FaultHTML, acted)}},
		"hang":                            {opt: sandbox.Options{Faults: on(sandbox.FaultHang, acted)}, atLeast: 5 * time.Second},
		"slow answers":                    {opt: sandbox.Options{Faults: on(sandbox.FaultDelay, lasting(4*time.Second))}},
		"tokens that live for a moment":   {opt: sandbox.Options{TokenLifetime: 3 * time.Second, Latency: 300 * time.Millisecond}},
		"a token that expires early":      {opt: sandbox.Options{Faults: []sandbox.Fault{{Kind: sandbox.FaultTokenExpired, Nth: []int{20}}}}},
		"tokens revoked in the middle":    {opt: sandbox.Options{Faults: []sandbox.Fault{{Kind: sandbox.FaultRevokeToken, Nth: []int{25, 110}}}}},
		"created, and said that it wasn't": {opt: sandbox.Options{Faults: []sandbox.Fault{
			{Operations: []string{"createUser"}, Kind: sandbox.FaultCreatedFalse, Nth: []int{2, 3}}}}},
		"down for ten minutes": {opt: sandbox.Options{Latency: 100 * time.Millisecond, Faults: []sandbox.Fault{
			{Kind: sandbox.FaultResetBefore, After: time.Second, Until: 10 * time.Minute}}}, atLeast: 10 * time.Minute},
		"down for ten minutes behind a proxy": {opt: sandbox.Options{Latency: 100 * time.Millisecond, Faults: []sandbox.Fault{
			{Kind: sandbox.FaultHTML, Status: 503, After: time.Second, Until: 10 * time.Minute}}}, atLeast: 10 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				w := newWorld(t, c.opt).inMemory()
				defer w.store.Close()
				w.client = kinde.Config{Timeout: 10 * time.Second, MaxWait: time.Hour}
				p := invent(40)
				told := &listener{}
				o := w.run(p, Options{Concurrency: 6, Progress: told})
				expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 40})
				if o.Read.Matched != 40 {
					t.Errorf("read back: %+v", o.Read)
				}
				w.complete(p)
				if spent := time.Since(began); spent < c.atLeast {
					t.Errorf("it took %s", spent)
				}
				if c.atLeast >= 10*time.Minute && len(told.notes) == 0 {
					t.Error("it did not say that it waits")
				}
			})
		})
	}
}

// A tenant that stays away longer than allowed ends the run; the next one goes on.
func TestTenantThatStaysAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Latency: 100 * time.Millisecond, Faults: []sandbox.Fault{
			{Kind: sandbox.FaultResetBefore, After: time.Second, Until: 3 * time.Hour}}}).inMemory()
		defer w.store.Close()
		w.client = kinde.Config{Timeout: 10 * time.Second, MaxWait: time.Hour}
		p := invent(40)
		o := w.run(p, Options{Concurrency: 6})
		if kinde.ClassOf(o.err) != kinde.ClassUnreachable {
			t.Fatalf("%v, %v", o.err, o.Totals)
		}
		time.Sleep(3 * time.Hour)
		o = w.run(p, Options{Concurrency: 6})
		expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 40})
		w.complete(p)
	})
}

func TestMaxErrorsPercent(t *testing.T) {
	w := newWorld(
		t,
		sandbox.Options{Faults: []sandbox.Fault{{Operations: []string{"SetUserPassword"}, Kind: sandbox.FaultStatus, Status: 422}}},
	)
	p := invent(300)
	o := w.run(p, Options{MaxErrors: job.MaxErrors{Percent: 5}, Concurrency: 4, NoReconcile: true})
	if o.err != nil || !o.TooMany || o.Totals[checkpoint.Pending] == 0 {
		t.Errorf("too many %v, %v, %v", o.TooMany, o.Totals, o.err)
	}
}
