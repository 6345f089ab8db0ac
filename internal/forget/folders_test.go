package forget

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/unicode"

	"github.com/kinde-migrate/kinde-migrate/internal/erasure"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// eraseAna erases her in the path, and returns what was seen.
func eraseAna(t *testing.T, path string) []*Sight {
	t.Helper()
	places, err := Find([]string{path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	people, ctx := ana(), context.Background()
	if _, err := Learn(ctx, places, people); err != nil {
		t.Fatal(err)
	}
	var sights []*Sight
	for _, p := range InOrder(places) {
		s, err := p.Erase(ctx, people, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		sights = append(sights, s)
	}
	return sights
}

// bytesUnder joins every byte of every file under a path.
func bytesUnder(t *testing.T, path string) []byte {
	t.Helper()
	var all []byte
	err := filepath.WalkDir(path, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all = append(all, data...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// fetched fills a folder as a fetch does.
func fetched(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "users")
	f, err := fetch.Open(dir, fetch.About{Source: "auth0", Kind: "provider", Preset: "auth0"}, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []error{
		f.User([]byte(`{"user_id":"auth0|5f7c8ec7c33c","email":"ana@example.com","name":"Anastasia"}`)),
		f.User([]byte(`{"user_id":"auth0|5f7c8ec7c33d","email":"bo@example.com","invited_by":"ana@example.com"}`)),
		f.Membership(fetch.Membership{User: "auth0|5f7c8ec7c33c", Organization: "acme", Roles: []string{"admin"}}),
		f.Membership(fetch.Membership{User: "auth0|5f7c8ec7c33d", Organization: "acme"}),
		f.Commit(fetch.Page{List: "users", Rows: 2, Done: true}), f.Counted("users", 3, fetch.Exact), f.Missing("users", "auth0|5f7c8ec7c33c"),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	if _, err := f.Finish("1"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The folder of a fetch stays one that is imported: its sums are true, and it says
// that people were taken out.
func TestEraseInAFetchedFolder(t *testing.T) {
	dir := fetched(t)
	if s := eraseAna(t, dir); s[0].Records != 2 || s[0].Mentions != 2 {
		t.Errorf("%+v", s[0])
	}
	all := bytesUnder(t, dir)
	for _, name := range []string{"ana@example.com", "Anastasia", "5f7c8ec7c33c"} {
		if bytes.Contains(all, []byte(name)) {
			t.Errorf("%q is still there", name)
		}
	}
	m, err := fetch.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Verify(dir); err != nil {
		t.Error(err)
	}
	i := slices.IndexFunc(m.Files, func(f fetch.FileSum) bool { return f.Name == fetch.UsersFile })
	if len(m.Erased) != 1 || m.Erased[0].Rows != 2 || m.Files[i].Rows != 1 || m.State != fetch.Incomplete ||
		!bytes.Contains(all, []byte("bo@example.com")) {
		t.Errorf("%+v", m)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 3 {
		t.Errorf("%v %v", left, err)
	}
}

// A file that somebody had edited is not made to look as if it had been fetched.
func TestEraseKeepsAnEditedFetchApart(t *testing.T) {
	dir := fetched(t)
	path := filepath.Join(dir, fetch.UsersFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(data, "{\"user_id\":\"x\"}\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	eraseAna(t, dir)
	m, err := fetch.ReadManifest(dir)
	if err != nil || m.Verify(dir) == nil {
		t.Errorf("%v: the edited file passes for what was fetched", err)
	}
	if bytes.Contains(bytesUnder(t, dir), []byte("Anastasia")) {
		t.Error("she is still there")
	}
}

// An erasure that was cut after the first file is refused by an import, and ends when it runs again.
func TestErasureOfAFetchIsTakenUp(t *testing.T) {
	dir := fetched(t)
	failed := context.Canceled
	err := fetch.Erase(
		dir,
		fetch.Erasure{At: time.Now(), People: 1, Text: func(s string) string { return s }, File: func(path string) (int64, error) {
			if filepath.Base(path) != fetch.UsersFile {
				return 0, failed
			}
			return 1, os.WriteFile(path, []byte(`{"user_id":"auth0|5f7c8ec7c33d","email":"bo@example.com"}`+"\n"), 0o600)
		}},
	)
	m, readErr := fetch.ReadManifest(dir)
	if !errors.Is(err, failed) || readErr != nil || m.Verify(dir) == nil || len(m.Erasing) != 2 {
		t.Fatalf("%v %v %+v", err, readErr, m)
	}
	eraseAna(t, dir)
	if m, err = fetch.ReadManifest(dir); err != nil || m.Verify(dir) != nil || m.Erasing != nil {
		t.Errorf("%v %v %+v", err, m.Verify(dir), m)
	}
}

// A sandbox's state loses whoever goes, with every line that spoke of them.
func TestEraseInASandbox(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.sandbox.tenant")
	tenant, err := sandbox.Open(sandbox.Options{State: path, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"ana@example.com", "bo@example.com", "cy@example.com"} {
		if err := tenant.Edit(func(e *sandbox.Edit) error {
			_, err := e.Add(who, strings.ToUpper(who[:2])+"nastasia", "Quimby")
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Find([]string{path}, nil); err != nil {
		t.Fatal(err)
	}
	places := []*Place{{Path: path, Kind: Sandbox}}
	if _, err := places[0].Erase(t.Context(), ana(), time.Now()); err == nil {
		t.Error("a sandbox that is at work was written to")
	}
	// As a process leaves it that was killed: each change a line, and one of them torn.
	killed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := tenant.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(killed, `{"users":[{"id":"x","g":"ANnastasia","i":[{"v":"ana@example.com`...), 0o600); err != nil {
		t.Fatal(err)
	}
	if s := eraseAna(t, path); s[0].Records != 1 {
		t.Errorf("%+v", s[0])
	}
	all := bytesUnder(t, path)
	if bytes.Contains(all, []byte("ana@example.com")) || bytes.Contains(all, []byte("ANnastasia")) ||
		!bytes.Contains(all, []byte("bo@example.com")) {
		t.Errorf("%s", all)
	}
	users, err := sandbox.StateUsers(path)
	if err != nil || len(users) != 2 {
		t.Errorf("%d users, %v", len(users), err)
	}
}

// UTF-16 stays UTF-16, byte for byte where nothing of them stood.
func TestEraseInUTF16(t *testing.T) {
	for name, c := range map[string]struct {
		order unicode.Endianness
		bom   unicode.BOMPolicy
	}{"le": {unicode.LittleEndian, unicode.UseBOM}, "be": {unicode.BigEndian, unicode.UseBOM}, "le without a mark": {unicode.LittleEndian,
		unicode.IgnoreBOM}} {
		t.Run(name, func(t *testing.T) {
			wide := func(text string) []byte {
				out, err := unicode.UTF16(c.order, c.bom).NewEncoder().Bytes([]byte(text))
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			dir := t.TempDir()
			files := map[string][2]string{
				"users.csv": {
					"id;email;name\r\n17;ana@example.com;Anastasia\r\n18;bo@example.com;Żółć 😀\r\n",
					"id;email;name\r\n18;bo@example.com;Żółć 😀\r\n",
				},
				"notes.txt":  {"ana@example.com called, and Żółć, too\r\n", erasure.Mark + " called, and Żółć, too\r\n"},
				"users.json": {`[{"email":"ana@example.com","name":"Anastasia"},{"email":"bo@example.com"}]`, `[{"email":"bo@example.com"}]` + "\n"},
				"other.csv":  {"id,email\n19,cy@example.com\n", "id,email\n19,cy@example.com\n"},
			}
			for name, text := range files {
				if err := os.WriteFile(filepath.Join(dir, name), wide(text[0]), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			eraseAna(t, dir)
			for name, text := range files {
				got, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil || !bytes.Equal(got, wide(text[1])) {
					t.Errorf("%s: %q, %v", name, got, err)
				}
			}
			narrow, _ := json.Marshal("Anastasia")
			if all := bytesUnder(t, dir); bytes.Contains(bytes.ReplaceAll(all, []byte{0}, nil), bytes.Trim(narrow, `"`)) {
				t.Error("she is still there")
			}
		})
	}
}
