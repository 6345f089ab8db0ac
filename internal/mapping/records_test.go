package mapping

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestRecords maps the records of each testdata/records/*.txtar with its mapping and
// compares everything that is said of each with its want.txt. What is built in a
// Workspace is what is built without one.
func TestRecords(t *testing.T) {
	files, err := filepath.Glob("testdata/records/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no records: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			parts := map[string][]byte{}
			for _, f := range a.Files {
				parts[f.Name] = f.Data
			}
			m, err := Load("mapping.yaml", parts["mapping.yaml"])
			if err != nil {
				t.Fatal(err)
			}
			env := recordsEnv(t, parts["env.json"])
			var have bytes.Buffer
			w := new(Workspace)
			for line := range strings.Lines(string(parts["records.ndjson"])) {
				rec := &Record{Number: 1, Fields: mustJSON(t, line)}
				plain := m.Map(rec, env)
				r := m.MapIn(w, rec, env)
				fmt.Fprintf(&have, "%s%s\n", line, everySaid(m, r))
				if r.Filled = nil; !reflect.DeepEqual(said(r), said(plain)) {
					t.Errorf("%s a Workspace makes a difference:\n%s\n%s", line, everySaid(m, r), everySaid(m, plain))
				}
				w.Reset()
			}
			if *update {
				a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool { return f.Name == "want.txt" })
				a.Files = append(a.Files, txtar.File{Name: "want.txt", Data: have.Bytes()})
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			got, want := strings.Split(have.String(), "\n"), strings.Split(string(parts["want.txt"]), "\n")
			for i := range max(len(got), len(want)) {
				if i >= len(got) || i >= len(want) || got[i] != want[i] {
					t.Errorf("line %d\n got %q\nwant %q", i+1, got[min(i, len(got)):min(i+3, len(got))], want[min(i, len(want)):min(i+3, len(want))])
					break
				}
			}
		})
	}
}

// recordsEnv reads what a mapping is given besides its records.
func recordsEnv(t *testing.T, text []byte) *Env {
	t.Helper()
	env := &Env{Now: goldenNow}
	if len(text) == 0 {
		return env
	}
	var given struct {
		Prefix string
		Scope  RoleScope
		Tables map[string]map[string]json.RawMessage
		Secret map[string]string // the key of a row, and where it holds one
	}
	if err := json.Unmarshal(text, &given); err != nil {
		t.Fatal(err)
	}
	env.IDPrefix, env.RoleScope = given.Prefix, given.Scope
	if given.Tables != nil {
		env.Lookup = func(table, key string) (Value, bool) {
			row, ok := given.Tables[table][key]
			if !ok {
				return Value{}, false
			}
			return mustJSON(t, string(row)), true
		}
		env.Secret = func(_, key string) string { return given.Secret[key] }
	}
	return env
}

// said is a result without what two equal ones may differ in: empty lists.
func said(r Result) Result {
	u := *r.User
	if len(u.Identities) == 0 {
		u.Identities = nil
	}
	if len(u.Memberships) == 0 {
		u.Memberships = nil
	}
	u.Memberships = slices.Clone(u.Memberships)
	for i := range u.Memberships {
		m := &u.Memberships[i]
		m.Roles, m.Permissions = slices.Clone(m.Roles), slices.Clone(m.Permissions)
		if len(m.Roles) == 0 {
			m.Roles = nil
		}
		if len(m.Permissions) == 0 {
			m.Permissions = nil
		}
	}
	r.User = &u
	return r
}

// everySaid writes everything that a result says, a line for each thing.
func everySaid(m *Mapping, r Result) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "  "+format+"\n", args...) }
	u := r.User
	if r.Skip != "" {
		line("skip: %s", r.Skip)
	}
	if r.Filtered {
		line("filtered")
	}
	if r.Fail != "" {
		line("fail: %s", r.Fail)
	}
	if r.Marks != 0 {
		line("marks: %b", r.Marks)
	}
	for _, role := range r.Roles {
		line("role: %+v", role)
	}
	line("user: id %q, name %q %q, picture %q, provider %q", u.SourceID, u.GivenName, u.FamilyName, u.Picture, u.Provider)
	for _, state := range []struct {
		what string
		is   bool
	}{{"suspended", u.Suspended}, {"reset", u.PasswordReset}, {"mfa", u.MFA}, {"stale", u.PasswordStale}} {
		if state.is {
			line("is: %s", state.what)
		}
	}
	for _, i := range u.Identities {
		line("identity: %+v", i)
	}
	for _, l := range u.Links {
		line("link: %+v", l)
	}
	if p := u.Password; p != nil {
		line("password: %s, malformed %v, %s", p.Encoding, p.Malformed, cmp.Or(p.Reason, "kept"))
		if p.Body != nil {
			body, _ := json.Marshal(p.Body)
			line("body: %s", body)
		}
	}
	for _, kv := range u.Properties {
		line("property: %+v", kv)
	}
	for _, kv := range u.Flags {
		line("flag: %+v", kv)
	}
	for _, ms := range u.Memberships {
		line("member: %+v roles %q permissions %q", ms.Organization, ms.Roles, ms.Permissions)
	}
	for _, d := range u.Dropped {
		line("dropped: %s = %s", d.Field, d.Value.JSON())
	}
	for _, p := range r.Problems {
		line("%s %s %s: %s (%s)", p.Severity, p.Code, p.Field, p.Message, p.Hint)
	}
	fields := m.Fields()
	var filled []string
	for _, id := range r.Filled {
		f := fields[slices.IndexFunc(fields, func(f *Field) bool { return f.ID == id })]
		filled = append(filled, fmt.Sprintf("%s (%v %s)", f.Path, f.Fate, f.Becomes))
	}
	line("filled: %s", strings.Join(filled, ", "))
	return b.String()
}
