package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"
)

func TestStateSurvives(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tenant")
	opt := Options{
		State: path,
		Demo:  true,
		Definitions: &Definitions{
			Flags: []FlagDefinition{{Key: "beta"}, {Key: "limit", Type: "int", Level: "org"}},
			Roles: []RoleDefinition{{Key: "owner"}},
			APIs:  []APIDefinition{{Audience: "https://api.example.com", Scopes: []string{"read:logs"}}},
		},
	}
	c := open(t, opt)
	everyOperation(c)
	if err := c.tenant.Edit(func(e *Edit) error { return e.Rename("ana@example.com", "Ana", "Újvári") }); err != nil {
		t.Fatal(err)
	}
	want, id, secret := c.tenant.Snapshot(), c.tenant.ClientID, c.tenant.ClientSecret
	wantOrgs := c.do(200, "GET", "organizations", nil).raw

	// A kill: nothing is compacted, and the last line is torn.
	killed := filepath.Join(t.TempDir(), "tenant")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(killed, append(raw, `{"seq":99999,"gone":["kp`...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.tenant.Close(); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{"closed": path, "killed": killed} {
		opt.State = file
		again := open(t, opt)
		if got := again.tenant.Snapshot(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: users differ:\n%+v\n%+v", name, got, want)
		}
		if again.tenant.ClientID != id || again.tenant.ClientSecret != secret {
			t.Errorf("%s: other credentials", name)
		}
		if got := again.do(200, "GET", "organizations", nil).raw; string(got) != string(wantOrgs) {
			t.Errorf("%s: %s, want %s", name, got, wantOrgs)
		}
		fresh := again.user("new@example.com")
		for _, u := range want {
			if u.ID == fresh {
				t.Errorf("%s: the id of %s was given twice", name, u.Email)
			}
		}
	}
}

func TestStateIsPrivateAndLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tenant")
	open(t, Options{State: path})
	if _, err := Open(Options{State: path}); !errors.Is(err, ErrStateInUse) {
		t.Errorf("a second tenant on the same state: %v", err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

func TestDamagedStateIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tenant")
	for _, bad := range []string{"hello\n", "{}\n", `{"head":{"key":"AAAA"}}` + "\n"} {
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if tenant, err := Open(Options{State: path}); err == nil {
			tenant.Close()
			t.Errorf("%q was accepted", bad)
		}
		if raw, _ := os.ReadFile(path); string(raw) != bad {
			t.Errorf("a refused state was altered")
		}
	}
}

func TestCompactionKeepsTheState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tenant")
	c := open(t, Options{State: path, SeedUsers: 3})
	id := c.tenant.Snapshot()[0].ID
	for n := range 10_100 {
		if err := c.tenant.Edit(func(e *Edit) error { return e.Rename(id, fmt.Sprint(n), "") }); err != nil {
			t.Fatal(err)
		}
	}
	if c.tenant.journal.lines > 10_000 {
		t.Errorf("%d lines and no compaction", c.tenant.journal.lines)
	}
	want := c.tenant.Snapshot()
	c.tenant.Close()
	if got := open(t, Options{State: path}).tenant.Snapshot(); !reflect.DeepEqual(got, want) || got[0].GivenName != "10099" {
		t.Errorf("%+v", got)
	}
}
