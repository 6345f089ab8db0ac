package importer

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// repaired runs repairs, and returns what that took and what was said.
func (w *world) repaired(p *people, list ...Repair) (o outcome, writes string, notes []string) {
	told := &listener{}
	o.err = w.process(func(j Job) (err error) {
		j.Source = p
		o.Result, err = RunRepairs(w.t.Context(), j, Options{Progress: told}, func(yield func(Repair, error) bool) {
			for _, x := range list {
				if !yield(x, nil) {
					return
				}
			}
		})
		var names []string
		for _, c := range j.Recorder.Calls() {
			if !strings.HasPrefix(strings.ToLower(c.Operation), "get") {
				names = append(names, fmt.Sprint(c.Operation, " ", c.Calls))
			}
		}
		writes = strings.Join(slices.Sorted(slices.Values(names)), ", ")
		return err
	})
	return o, writes, told.notes
}

// shownBy finds a user as a comparison does.
func (w *world) shownBy(id string) *kinde.User {
	u, err := w.newClient(engine.NewRecorder()).GetUserData(w.t.Context(), id, kinde.ExpandIdentities, kinde.ExpandOrganizations)
	must(w.t, err)
	return &u
}

// TestRepairMendsWhatDiffers: only what a comparison found is mended.
func TestRepairMendsWhatDiffers(t *testing.T) {
	for fields, c := range map[string]struct{ writes, same string }{
		"":                           {"", "provided family picture"},
		"given_name":                 {"updateUser 1", "provided given family picture"},
		"family_name":                {"updateUser 1", "provided given family picture"}, // the profile is one request
		"is_suspended":               {"updateUser 1", "provided family picture suspended"},
		"phone":                      {"CreateUserIdentity 1", "provided family picture"},
		"social":                     {"CreateUserIdentity 1", "provided family picture"},
		"email social":               {"CreateUserIdentity 2", "provided family picture identities"},
		"properties.city":            {"UpdateUserProperties 1", "provided family picture properties"},
		"organizations.org_b":        {"AddOrganizationUsers 1", "provided family picture"},
		"roles.org_a":                {"UpdateOrganizationUsers 1", "provided family picture"},
		"roles.org_a roles.org_b":    {"AddOrganizationUsers 1, UpdateOrganizationUsers 1", "provided family picture memberships"},
		"organizations.org_c":        {"", "provided family picture"},
		"given_name is_suspended":    {"updateUser 2", "provided given family picture suspended"},
		"properties properties_city": {"", "provided family picture"},
	} {
		w := newWorld(t, sandbox.Options{})
		u := somebody("1", "email:a@example.com", "phone:+15550100001", "google:7")
		u.Properties = []mapping.KeyValue{{Key: "city", Value: "Lisboa"}}
		u.Memberships = append(member("org_a", "member"), member("org_b", "admin")...)
		p := &people{users: []*mapping.User{u, somebody("2", "email:b@example.com")}}
		expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 2})
		id := w.record("a@example.com").KindeID
		was := w.visible()[id]
		client := w.newClient(engine.NewRecorder())
		yes := true
		must(t, client.UpdateUser(t.Context(), id, kinde.UpdateUserRequest{GivenName: new("Bea"), IsSuspended: &yes}))
		must(t, client.UpdateUserProperties(t.Context(), id, map[string]string{"city": "Porto"}))
		must(t, client.RemoveOrganizationUser(t.Context(), "org_b", id))
		must(t, w.tenant.Edit(func(e *sandbox.Edit) error { return e.SetRoles("a@example.com", "org_a") }))
		for i, err := range client.GetUserIdentities(t.Context(), id) {
			if must(t, err); i.Type != "email" {
				must(t, client.DeleteIdentity(t.Context(), i.ID))
			}
		}
		o, writes, notes := w.repaired(p, Repair{Key: p.item(0).Key, Shown: w.shownBy(id), Fields: strings.Fields(fields)})
		must(t, o.err)
		var before, after []any
		must(t, json.Unmarshal([]byte(was), &before))
		must(t, json.Unmarshal([]byte(w.visible()[id]), &after))
		var same []string
		for n, name := range []string{"provided", "given", "family", "picture", "suspended", "identities", "properties", "memberships"} {
			if reflect.DeepEqual(before[n], after[n]) {
				same = append(same, name)
			}
		}
		if got := strings.Join(same, " "); got != c.same || writes != c.writes || len(notes) > 0 {
			t.Errorf("%q: %q and as it was are %s, want %q and %s; said %q", fields, writes, got, c.writes, c.same, notes)
		}
	}
}

// TestRepairOfEachCase: who is missing is created, and who may be somebody else is
// left alone, loudly.
func TestRepairOfEachCase(t *testing.T) {
	const unproved = "the user is matched without an address that both have, so it is left alone"
	for name, c := range map[string]struct {
		change  func(w *world, p *people, x *Repair)
		want    map[checkpoint.Outcome]int64
		writes  string
		message string
		note    string
	}{
		"missing": {func(w *world, p *people, x *Repair) { w.delete("a@example.com"); x.Shown = nil },
			map[checkpoint.Outcome]int64{checkpoint.Created: 1, checkpoint.Unchanged: 1}, "createUser 1", "", ""},
		"missing, and its id is another's": {func(w *world, p *people, x *Repair) { x.Shown, x.Other = nil, "kp_other" },
			map[checkpoint.Outcome]int64{checkpoint.Unchanged: 1, checkpoint.Rejected: 1}, "", IDTakenMessage("kp_other"), ""},
		"missing, and the tenant lacks its organization": {func(w *world, p *people, x *Repair) {
			p.users[0].Memberships, x.Shown, x.Other = member("org_x"), nil, "kp_other"
		}, map[checkpoint.Outcome]int64{checkpoint.Unchanged: 1, checkpoint.Rejected: 1}, "", `the tenant has no organization "org_x"`, ""},
		"the tenant lacks its organization": {func(w *world, p *people, x *Repair) { p.users[0].Memberships = member("org_x") },
			map[checkpoint.Outcome]int64{checkpoint.Unchanged: 1, checkpoint.Failed: 1}, "", `the tenant has no organization "org_x"`, ""},
		"nobody knows the record": {func(w *world, p *people, x *Repair) { x.Key.Value = "nobody" },
			map[checkpoint.Outcome]int64{checkpoint.Unchanged: 2}, "", "", ""},
		"another user": {func(w *world, p *people, x *Repair) { x.Shown = w.shownBy(w.inhabit(kindeUser("zoe@example.com"))) },
			map[checkpoint.Outcome]int64{checkpoint.Unchanged: 1, checkpoint.Skipped: 1}, "", unproved,
			"Left alone, because they may be somebody else: 1. No address that they share with the source is verified on both sides."},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			p := &people{users: []*mapping.User{somebody("1", "email:a@example.com"), somebody("2", "email:b@example.com")}}
			expect(t, w.run(p, Options{}), map[checkpoint.Outcome]int64{checkpoint.Created: 2})
			x := Repair{Key: p.item(0).Key, Shown: w.shownBy(w.record("a@example.com").KindeID), Fields: []string{"given_name"}}
			c.change(w, p, &x)
			o, writes, notes := w.repaired(p, x)
			if must(t, o.err); !maps.Equal(o.Totals, c.want) || writes != c.writes || strings.Join(notes, "; ") != c.note {
				t.Errorf("%v by %q, said %q; want %v by %q, %q", o.Totals, writes, notes, c.want, c.writes, c.note)
			}
			w.reader(func(r *checkpoint.Reader) {
				problems, err := r.ProblemsOf(t.Context(), 1)
				must(t, err)
				var messages []string
				for _, y := range problems {
					messages = append(messages, y.Message)
				}
				if got := strings.Join(messages, "; "); got != c.message {
					t.Errorf("said %s, want %s", got, c.message)
				}
			})
		})
	}
}

// TestRepairsOfMany: more repairs than one look at the checkpoint takes all happen.
func TestRepairsOfMany(t *testing.T) {
	const n = 260
	w := newWorld(t, sandbox.Options{})
	p := &people{}
	for i := range n {
		p.users = append(p.users, somebody(fmt.Sprint(i), fmt.Sprintf("email:p%d@example.com", i)))
	}
	o := w.run(p, Options{NoReconcile: true})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: n})
	must(t, w.tenant.Edit(func(e *sandbox.Edit) error {
		for i := range n {
			if err := e.Delete(fmt.Sprintf("p%d@example.com", i)); err != nil {
				return err
			}
		}
		return nil
	}))
	var list []Repair
	for i := range n {
		list = append(list, Repair{Key: p.item(i).Key})
	}
	o, writes, _ := w.repaired(p, list...)
	if must(t, o.err); writes != fmt.Sprint("createUser ", n) || w.tenant.Count() != n {
		t.Errorf("%s, %d users", writes, w.tenant.Count())
	}
}

func (w *world) delete(who string) {
	w.t.Helper()
	must(w.t, w.tenant.Edit(func(e *sandbox.Edit) error { return e.Delete(who) }))
}
