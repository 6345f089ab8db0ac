package importer

import (
	"fmt"
	"maps"
	"os"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Look-ups and read-back included, a user costs hardly more than the create,
// and one request more for the properties.
func TestFewestRequests(t *testing.T) {
	for _, c := range []struct {
		name        string
		properties  bool
		memberships int
		most        float64
	}{
		{"nothing else", false, 0, 1.05},
		{"one organization", false, 1, 1.05},
		{"two organizations", false, 2, 1.05},
		{"properties", true, 0, 2.05},
		{"properties and two organizations", true, 2, 2.05},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const n = 500
			w := newWorld(t, sandbox.Options{})
			p := invent(n)
			for i, u := range p.users {
				*u = mapping.User{
					SourceID:   fmt.Sprintf("id-%d", i),
					GivenName:  "Ana",
					Identities: []mapping.Identity{{Type: mapping.Email, Value: fmt.Sprintf("ana%d@example.com", i), Verified: true}},
				}
				if c.properties {
					u.Properties = []mapping.KeyValue{{Key: "city", Value: "Lisboa"}, {Key: "plan", Value: "gold"}}
				}
				for _, code := range []string{"org_a", "org_b"}[:c.memberships] {
					u.Memberships = append(u.Memberships, mapping.Membership{Organization: mapping.Organization{Code: code}, Roles: []string{"member"}})
				}
			}
			dry := w.dryRun(p, Options{})
			o := w.run(p, Options{})
			expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: n})
			w.complete(p)
			if got := float64(o.total) / n; got > c.most {
				t.Errorf("%.3f requests a user, want at most %.2f: %v", got, c.most, o.calls)
			}
			if !maps.Equal(dry.Planned, o.calls) {
				t.Errorf("the dry run predicted %v, sent were %v", dry.Planned, o.calls)
			}
		})
	}
}

// A dry run predicts the requests of each operation exactly, whoever exists.
// More than a snapshot's page of users is tried for the two ends only, and for
// the rest with KINDE_LONG=1.
func TestDryRunPredictsEachOperation(t *testing.T) {
	for _, existing := range []int{0, 3, 150} {
		for _, policy := range []OnExisting{Skip, Update, Fail} {
			for _, n := range []int{7, 330, 1200} {
				ends := existing == 0 && policy == Skip || existing == 150 && policy == Update
				if n > 1000 && !ends && os.Getenv("KINDE_LONG") != "1" {
					continue
				}
				t.Run(fmt.Sprintf("%d of %d exist, %s", existing, n, policy), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, sandbox.Options{SeedUsers: 40})
					p := invent(n)
					client := w.newClient(engine.NewRecorder())
					for i := range min(existing, n) {
						r := kindeUser(p.users[i].Identities[0].Value)
						if _, err := client.CreateUser(t.Context(), kinde.CreateUserRequest{Profile: r.Profile, Identities: r.Identities,
							OrganizationCode: "org_a"}); err != nil {
							t.Fatal(err)
						}
					}
					dry := w.dryRun(p, Options{OnExisting: policy})
					if dry.err != nil {
						t.Fatal(dry.err)
					}
					o := w.run(p, Options{OnExisting: policy})
					if o.err != nil {
						t.Fatal(o.err)
					}
					for op := range maps.Keys(both(dry.Planned, o.calls)) {
						if dry.Planned[op] != o.calls[op] {
							t.Errorf("%s: predicted %d, sent %d", op, dry.Planned[op], o.calls[op])
						}
					}
				})
			}
		}
	}
}

func both(a, b map[string]int64) map[string]int64 {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}
