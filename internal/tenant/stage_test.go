package tenant

import (
	"errors"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// A stage that can't be read or written is told of, whatever was to be done.
func TestAStageThatFails(t *testing.T) {
	ctx, user := t.Context(), &kinde.User{ID: "kp_1", Organizations: []string{"org_a"}, Identities: []kinde.UserIdentity{{ConnectionID: "c"}}}
	looking := func(r *reader) error {
		_, err := r.stage.ids(ctx, "SELECT id FROM user WHERE id > ? LIMIT ?", "", 1)
		return err
	}
	paging := func(r *reader) error { return r.stage.putPage(ctx, viewListed, []kinde.User{*user}, "", true) }
	replacing := func(r *reader) error { return r.stage.replace(ctx, user) }
	beginning := func(r *reader) error { _, err := r.stage.resumable(ctx, "https://a", Parts{}, on); return err }
	holding := []kinde.RoleUser{{ID: "kp_1", OrgCodes: []string{"org_a"}}}
	const kept, keeping = "reading what was kept: ", "keeping what was read: "
	for _, c := range []struct {
		what  string
		of    func(*reader) error
		fails string // a statement that fails; "": all of them
		want  string
	}{
		{"a note", func(r *reader) error { _, err := r.stage.meta(ctx, "a"); return err }, "", kept},
		{"counting", func(r *reader) error { _, err := r.stage.count(ctx, "SELECT 1"); return err }, "", "counting what was read: "},
		{"looking", looking, "", "looking through what was read: "},
		{"users", func(r *reader) error { _, err := r.stage.users(ctx, ""); return err }, "", kept},
		{"members", func(r *reader) error { _, err := r.stage.members(ctx, "", "~"); return err }, "", kept},
		{"rows", func(r *reader) error {
			for _, err := range r.rows(ctx) {
				return err
			}
			return nil
		}, "", kept},
		{"sizes", func(r *reader) error { _, _, err := r.memberPages(ctx); return err }, "", "counting the members: "},
		{"suspects", func(r *reader) error { return r.settle(ctx) }, "", kept},
		{"a new run", beginning, "", kept},
		{"emptying", beginning, "DELETE ON user", keeping},
		{"beginning", beginning, "INSERT ON meta", keeping},
		{"a page", paging, "INSERT ON user", keeping},
		{"a page's members", paging, "INSERT ON member", keeping},
		{"a page's note", paging, "INSERT ON meta", keeping},
		{"replacing", replacing, "INSERT ON user", keeping},
		{"replacing members", replacing, "UPDATE ON member", keeping},
		{"replacing with members", replacing, "INSERT ON member", keeping},
		{"replacing old members", replacing, "DELETE ON member", keeping},
		{"replacing with a link", replacing, "INSERT ON meta", keeping},
		{"removing", func(r *reader) error { return r.stage.remove(ctx, "kp_1") }, "DELETE ON user", keeping},
		{"removing members", func(r *reader) error { return r.stage.remove(ctx, "kp_1") }, "DELETE ON member", keeping},
		{"details", func(r *reader) error { return r.stage.putDetail(ctx, "kp_1", &Details{}) }, "UPDATE ON user", keeping},
		{"a link", func(r *reader) error {
			return r.stage.putDetail(ctx, "kp_1", &Details{Identities: []Confirmation{{ConnectionID: "c"}}})
		}, "INSERT ON meta", keeping},
		{"roles", func(r *reader) error { return r.stage.putRoles(ctx, "org_a", "kp_1", nil) }, "UPDATE ON member", keeping},
		{"holders", func(r *reader) error { return r.stage.putHolders(ctx, "a", holding) }, "INSERT ON member", keeping},
		{"forgetting members", func(r *reader) error { return r.stage.forgetRoles(ctx) }, "DELETE ON member", keeping},
		{"forgetting roles", func(r *reader) error { return r.stage.forgetRoles(ctx) }, "UPDATE ON member", keeping},
		{"permissions", func(r *reader) error { return r.stage.putPermissions(ctx, "org_a", "kp_1", "p") }, "UPDATE ON member", keeping},
	} {
		r := readerOf(t, &fake{})
		_, err := r.stage.db.ExecContext(ctx, "INSERT INTO member(user, org, shown) VALUES('kp_1', 'org_c', 1)")
		if c.fails == "" {
			err = errors.Join(err, r.stage.db.Close())
		} else {
			_, e := r.stage.db.ExecContext(ctx, "CREATE TRIGGER fails BEFORE "+c.fails+" BEGIN SELECT RAISE(ABORT, 'no disk'); END")
			err = errors.Join(err, e)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := c.of(r); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.what, err, c.want)
		}
	}
}

// The connections are read once, where identities are asked for and somebody has one of
// a connection.
func TestConnectionsAreReadWhereOneIsUsed(t *testing.T) {
	for name, c := range map[string]struct {
		parts Parts
		user  kinde.User
		want  int
	}{
		"linked":             {Parts{Identities: true}, kinde.User{ID: "kp_1", Identities: []kinde.UserIdentity{{ConnectionID: "a"}}}, 3},
		"nobody is":          {Parts{Identities: true}, kinde.User{ID: "kp_1", Identities: []kinde.UserIdentity{{Type: "email"}}}, 0},
		"nobody asks for it": {Parts{}, kinde.User{ID: "kp_1", Identities: []kinde.UserIdentity{{ConnectionID: "a"}}}, 0},
	} {
		tenant := &defined{}
		r := readerOf(t, &fake{})
		r.tenant, r.parts = tenant, c.parts
		if err := r.stage.putPage(t.Context(), viewListed, []kinde.User{c.user}, "", true); err != nil {
			t.Fatal(err)
		}
		if err := r.resolveConnections(t.Context()); err != nil || len(r.connections) != c.want {
			t.Errorf("%s: %d connections, want %d, %v", name, len(r.connections), c.want, err)
		}
		tenant.fails, tenant.how = "connections", errors.New("asked again")
		if err := r.resolveConnections(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
