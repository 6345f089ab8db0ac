package importer

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// TestDefinitionsInDoubt: what a process was about to create when it was killed
// is taken back by its name, and nothing else is.
func TestDefinitionsInDoubt(t *testing.T) {
	w := newWorld(t, sandbox.Options{}).inMemory()
	defer w.store.Close()
	w.run(invent(2), Options{})
	c := w.newClient(engine.NewRecorder())
	ctx := context.Background()
	for _, key := range []string{"made", "theirs"} {
		if _, err := c.CreateRole(ctx, kinde.CreateRoleRequest{Key: key, Name: key}); err != nil {
			t.Fatal(err)
		}
	}
	made, err := InventoryOf(ctx, w.store)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"made", "never"} {
		if err := made.Put(ctx, "role", "", key); err != nil {
			t.Fatal(err)
		}
	}
	if o := w.rollback(RollbackOptions{Definitions: true}); o.err != nil || len(o.Left) > 0 {
		t.Fatalf("%v, left %v", o.err, o.Left)
	}
	var roles []string
	for r, err := range c.GetRoles(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		roles = append(roles, r.Key)
	}
	if slices.Contains(roles, "made") || !slices.Contains(roles, "theirs") || !slices.Contains(roles, "admin") {
		t.Errorf("the roles are %v", roles)
	}
}

// TestDefinitionsOfThoseWhoStay: as long as users stay who may refer to it,
// nothing is deleted under them, and the rollback says so.
func TestDefinitionsOfThoseWhoStay(t *testing.T) {
	w := newWorld(t, sandbox.Options{}).inMemory()
	defer w.store.Close()
	p := invent(4)
	p.users[1].Memberships = []mapping.Membership{{Organization: mapping.Organization{ExternalID: "new", Name: "New"}}}
	p.users[1].Links = []mapping.Link{{Strategy: "oauth2:google", Subject: "10987"}}
	w.run(p, Options{CreateMissing: true})
	if s := w.tenant.SignInSocial(w.tenant.Connection("oauth2:google"), "10987"); !s.SignedIn {
		t.Fatal(s.Reason)
	}
	o := w.rollback(RollbackOptions{Definitions: true})
	if o.err != nil || !slices.ContainsFunc(o.Left, func(s string) bool { return s == "organization New: users who stay may refer to it" }) {
		t.Errorf("left %v, %v", o.Left, o.err)
	}
	if u, _ := w.tenant.Find(p.users[1].Identities[0].Value); len(u.Memberships) == 0 {
		t.Error("who stays has lost an organization")
	}
	if o := w.rollback(RollbackOptions{Definitions: true, Force: true}); o.err != nil || len(o.Left) > 0 || o.Totals[checkpoint.Deleted] != 4 {
		t.Errorf("with force: left %v, %v", o.Left, o.err)
	}
}

// TestDefinitionsAreAddedOneByOne: the list of what was created is not written anew for
// each, and what was never learnt, refused and created stays apart.
func TestDefinitionsAreAddedOneByOne(t *testing.T) {
	store, err := checkpoint.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	made, err := InventoryOf(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]error{
		"created": nil,
		"refused": &kinde.Error{Class: kinde.ClassFinal, Status: 400},
		"lost":    &kinde.Error{Class: kinde.ClassUnreachable, Status: 502},
	}
	for _, name := range []string{"created", "refused", "lost"} {
		err := made.Create(t.Context(), "role", name, func() (string, error) { return "role_" + name, answers[name] })
		if !errors.Is(err, answers[name]) {
			t.Errorf("%s: %v", name, err)
		}
	}
	again, err := InventoryOf(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Inventory{made, again} {
		if !c.Has("role", "role_created") || c.Has("organization", "role_created") || c.Began("role", "created") ||
			c.Began("role", "refused") || !c.Began("role", "lost") || c.Has("role", "role_lost") {
			t.Errorf("known are %v", c.known)
		}
	}
	list, err := store.Definitions(t.Context())
	if want := []checkpoint.Definition{{Kind: "role", Name: "created", ID: "role_created"}, {Kind: "role", Name: "lost"}}; err != nil ||
		!slices.Equal(list, want) {
		t.Errorf("%v, %v", list, err)
	}
}
