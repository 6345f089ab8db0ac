package intake_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
)

// TestAnExpressionThatFails stops the pass with the record: it is no "no".
func TestAnExpressionThatFails(t *testing.T) {
	for _, c := range []struct{ name, filter, mapping, says string }{
		{"a filter", "int(email) > 0", "", "record 1, line 2 of"},
		{"a filter on some records", `id == "u1" || int(email) > 0`, "", "record 2, line 3 of"},
		{"a filter that answers neither yes nor no", "id", "", "record 1, line 2 of"},
		{"a member of what no record has", "nosuch.member == 1", "", "a member of something that is absent is asked for at character 8"},
		{"the length of a member of nothing", "len(properties.x) > 1", "", "a member of something that is absent"},
		{"a member whose name is a value", "email[email] == 1", "", "record 1, line 2 of"},
		{"a text that is compared with a number", "email > 3", "", "record 1, line 2 of"},
		{"the mapping's filter", "", "extends: generic\nfilter: '=int(email) > 0'\n", "record 1, line 2 of"},
		{"a property", "", "extends: generic\nproperties: {n: '=int(email)'}\n", "record 1, line 2 of"},
		{"a condition", "", "extends: generic\nsuspended: '=int(email) > 0'\n", "record 1, line 2 of"},
		{"which rows belong to a table", "",
			"extends: generic\ntables: {memberships: {companion: memberships, where: '=int(user) > 0', on: [{row: user, user: id}]}}\n",
			"row 1, line 2 of"},
		{"the key of a table's row", "",
			"extends: generic\ntables: {memberships: {companion: memberships, on: [{row: '=int(user) > 0', user: id}]}}\n", "row 1, line 2 of"},
		{"the user's key of a table", "",
			"extends: generic\ntables: {memberships: {companion: memberships, on: [{row: user, user: '=int(email) > 0'}]}}\n",
			"record 1, line 2 of"},
		{"which rows are records", "", "extends: generic\nrecords: [{at: '[*]', where: '=int(email) > 0'}]\n", "line 2 of"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			o := intake.Options{Files: []string{filepath.Join(dir, "users.csv")}, Filter: c.filter}
			write := func(name, text string) string {
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			}
			write("users.csv", threeUsers)
			o.Preset = "generic"
			if c.mapping != "" {
				o.Preset, o.MappingFile = "", write("mapping.yaml", c.mapping)
				o.Memberships = []string{write("m.csv", "user,organization\nu1,o1\n")}
			}
			in, err := intake.Open(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			_, err = in.Scan(context.Background(), visitor(func(intake.Item) {}))
			if refused := (*intake.RefusedError)(nil); !errors.As(err, &refused) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%v", err)
			}
			if strings.Contains(err.Error(), "@example.com") {
				t.Errorf("the message shows a value: %v", err)
			}
		})
	}
}

// TestNobodyHasAnID is said of a source in which no record has one.
func TestNobodyHasAnID(t *testing.T) {
	for text, want := range map[string]bool{
		"email\nana@example.com\nbo@example.com\n":        true,
		"id,email\n,ana@example.com\nu2,bo@example.com\n": false,
	} {
		path := filepath.Join(t.TempDir(), "users.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := intake.Open(context.Background(), intake.Options{Files: []string{path}, Preset: "generic"})
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		sum, err := in.Scan(context.Background(), visitor(func(intake.Item) {}))
		if err != nil {
			t.Fatal(err)
		}
		said := false
		for _, n := range sum.Notices {
			said = said || n.What == "ids" && n.Records == 2 && strings.Contains(n.Message, "No record has an id")
		}
		if said != want {
			t.Errorf("%q: %+v", text, sum.Notices)
		}
	}
}

// TestIDsThatAreFractions: ids such as 12.0 were numbers once, and a program made
// fractions of them. It is said with how many they are, and asks for nothing.
func TestIDsThatAreFractions(t *testing.T) {
	for text, want := range map[string]int64{
		"id,email\n12.0,ana@example.com\n13.0,bo@example.com\nu3,cy@example.com\n":   2,
		"id,email\n12,ana@example.com\n1.5,bo@example.com\nv1.0,cy@example.com\n":    0,
		"id,email\n.0,ana@example.com\n12.00,bo@example.com\n,cy@example.com\n":      1,
		`[{"id":12.0,"email":"ana@example.com"},{"id":13,"email":"bo@example.com"}]`: 1,
	} {
		path := filepath.Join(t.TempDir(), "users")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := intake.Open(context.Background(), intake.Options{Files: []string{path}, Preset: "generic"})
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		var ids []string
		sum, err := in.Scan(context.Background(), visitor(func(it intake.Item) { ids = append(ids, it.User.SourceID) }))
		if err != nil {
			t.Fatal(err)
		}
		said := int64(0)
		for _, n := range sum.Notices {
			if n.What == "ids" && strings.Contains(n.Message, "end with .0") {
				said = n.Records
				if n.Kind != "doubt" || n.Of < n.Records {
					t.Errorf("%q: %+v", text, n)
				}
				cutAsAdvised(t, path, n.Try)
			}
		}
		if said != want {
			t.Errorf("%q: said of %d ids %q, want %d", text, said, ids, want)
		}
	}
}

// cutAsAdvised reads a file with the mapping that the notice advises.
func cutAsAdvised(t *testing.T, path, try string) {
	t.Helper()
	_, line, ok := strings.Cut(strings.TrimSuffix(try, "."), "in a mapping: ")
	m := filepath.Join(t.TempDir(), "m.yaml")
	if err := os.WriteFile(m, []byte("extends: generic\n"+line+"\n"), 0o600); !ok || err != nil {
		t.Fatal(ok, err)
	}
	in, err := intake.Open(context.Background(), intake.Options{Files: []string{path}, MappingFile: m})
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	defer in.Close()
	_, err = in.Scan(context.Background(), visitor(func(it intake.Item) {
		if strings.HasSuffix(it.User.SourceID, ".0") {
			t.Errorf("%s leaves the id %q as it is", line, it.User.SourceID)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
}
