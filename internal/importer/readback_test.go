package importer

import (
	"net/http"
	"sync"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// meddler changes a user of the tenant once, before a request.
type meddler struct {
	next http.RoundTripper
	when func() (id string, yes bool)
	then func(id string) error
	once sync.Once
}

func (x *meddler) RoundTrip(r *http.Request) (*http.Response, error) {
	if id, yes := x.when(); yes && r.Method == http.MethodGet {
		var err error
		if x.once.Do(func() { err = x.then(id) }); err != nil {
			return nil, err
		}
	}
	return x.next.RoundTrip(r)
}

// written tells that both users have all that the source says, and who the second is.
func (w *world) written() (id string, yes bool) {
	users := w.tenant.Snapshot()
	for _, u := range users {
		if u.ProvidedID == "2" {
			id = u.ID
		}
		if len(u.Properties) == 0 || len(u.Memberships["org_a"].Roles) == 0 {
			return "", false
		}
	}
	return id, len(users) == 2
}

// Whatever somebody changes in the tenant is found by the read-back, each kind by itself.
func TestReadBackFindsWhatChanged(t *testing.T) {
	for name, c := range map[string]struct {
		change func(client *kinde.Client, id string) error
		want   int64
	}{
		"nothing": {func(*kinde.Client, string) error { return nil }, 0},
		"a name": {func(client *kinde.Client, id string) error {
			other := "Eve"
			return client.UpdateUser(t.Context(), id, kinde.UpdateUserRequest{GivenName: &other})
		}, 1},
		"a property": {func(client *kinde.Client, id string) error {
			return client.UpdateUserProperties(t.Context(), id, map[string]string{"city": "free"})
		}, 1},
		"a role": {func(client *kinde.Client, id string) error {
			_, err := client.UpdateOrganizationUsers(t.Context(), "org_a", []kinde.MemberChange{{ID: id, Roles: []string{"member"}}})
			return err
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			p := &people{}
			for _, id := range []string{"1", "2"} {
				u := somebody(id, "email:"+id+"@example.com")
				u.Memberships = member("org_a", "admin")
				u.Properties = []mapping.KeyValue{{Key: "city", Value: "pro"}}
				p.users = append(p.users, u)
			}
			w.before = func(next http.RoundTripper) http.RoundTripper {
				return &meddler{next: next, when: w.written, then: func(id string) error {
					return c.change(w.newClientOver(engine.NewRecorder(), sandbox.Transport(w.tenant)), id)
				}}
			}
			o := w.run(p, Options{})
			expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 2})
			if o.Read.Matched != 2-c.want || o.Read.Different != c.want {
				t.Errorf("%d match, %d differ", o.Read.Matched, o.Read.Different)
			}
		})
	}
}
