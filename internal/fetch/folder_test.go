package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var django = About{Source: "django", Kind: "database", From: "sqlite:app.db", Preset: "django", Settings: "1"}

// pages fills a folder with three lists, page by page, and goes on where an
// earlier process stopped.
func pages(t *testing.T, f *Folder) {
	t.Helper()
	for _, list := range []string{"users", "identities", "memberships"} {
		at, _ := f.Place(list, "")
		for p := at.Rows / 3; !at.Done && p < 4; p++ {
			for i := range int64(3) {
				add(t, f, list, p*3+i)
			}
			check(t, f.Commit(Page{List: list, Cursor: fmt.Sprint(p), Rows: 3, Done: p == 3}))
		}
		check(t, f.Counted(list, 12, Exact))
	}
}

func add(t *testing.T, f *Folder, list string, n int64) {
	t.Helper()
	switch list {
	case "users":
		check(t, f.User(fmt.Appendf(nil, `{"id": %d}`, n)))
	case "identities":
		check(t, f.Identity(fmt.Appendf(nil, "{\"user_id\":\n%d}", n)))
	default:
		check(t, f.Membership(Membership{User: fmt.Sprint(n), Organization: "o", Roles: []string{"a b", "c"}}))
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func opened(t *testing.T, dir string) *Folder {
	t.Helper()
	f, err := Open(dir, django, false)
	check(t, err)
	return f
}

// contents is what a folder holds, its times and starts aside.
func contents(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	names, err := os.ReadDir(dir)
	check(t, err)
	for _, n := range names {
		if n.Name() == ManifestFile {
			m, err := ReadManifest(dir)
			check(t, err)
			fmt.Fprintf(&b, "%s %v %v\n", m.State, m.Lists, m.Files)
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, n.Name()))
		check(t, err)
		fmt.Fprintf(&b, "%s\n%s", n.Name(), data)
	}
	return b.String()
}

// TestAFolderThatIsTornAnywhereGoesOn cuts the files of a fetch at every byte of
// the journal, with what a crash may leave behind in the others, and reads on.
func TestAFolderThatIsTornAnywhereGoesOn(t *testing.T) {
	whole := t.TempDir()
	f := opened(t, filepath.Join(whole, "x"))
	pages(t, f)
	journal, err := os.ReadFile(filepath.Join(whole, "x", journalFile))
	check(t, err)
	_, err = f.Finish("1")
	check(t, err)
	check(t, f.Close())
	want := contents(t, filepath.Join(whole, "x"))
	if !strings.Contains(want, "complete") || strings.Contains(want, journalFile) {
		t.Fatalf("the fetch did not end: %s", want)
	}
	for cut := 0; cut <= len(journal); cut += 29 {
		dir := filepath.Join(t.TempDir(), "x")
		check(t, os.CopyFS(dir, os.DirFS(filepath.Join(whole, "x"))))
		check(t, os.WriteFile(filepath.Join(dir, journalFile), journal[:cut], 0o600))
		m, err := ReadManifest(dir)
		check(t, err)
		m.State = Running
		check(t, (&Folder{dir: dir}).writeManifest(m))
		switch cut % 3 {
		case 0: // bytes of a page that was not committed
			appendTo(t, filepath.Join(dir, UsersFile), `{"id":`)
		case 1: // bytes that never reached the disk
			check(t, os.Truncate(filepath.Join(dir, IdentitiesFile), 20))
		}
		f := opened(t, dir)
		pages(t, f)
		_, err = f.Finish("1")
		check(t, err)
		check(t, f.Close())
		if got := contents(t, dir); got != want {
			t.Fatalf("cut at %d:\n%s\nwant\n%s", cut, got, want)
		}
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	check(t, err)
	_, err = f.WriteString(text)
	check(t, err)
	check(t, f.Close())
}

func TestARewoundListIsReadAgainWithoutDuplicates(t *testing.T) {
	once, twice := filepath.Join(t.TempDir(), "x"), filepath.Join(t.TempDir(), "x")
	for _, dir := range []string{once, twice} {
		f := opened(t, dir)
		pages(t, f)
		if dir == twice {
			check(t, f.Rewind("identities"))
			if p, ok := f.Place("memberships", ""); ok {
				t.Errorf("a later list stayed: %v", p)
			}
			pages(t, f)
		}
		var n int
		for line, err := range f.Lines(IdentitiesFile) {
			check(t, err)
			if n++; !bytes.HasPrefix(line, []byte(`{"user_id":`)) {
				t.Errorf("line %q", line)
			}
		}
		if n != 12 {
			t.Errorf("%d lines", n)
		}
		_, err := f.Finish("1")
		check(t, err)
		check(t, f.Close())
	}
	if a, b := contents(t, once), contents(t, twice); a != b {
		t.Errorf("%s\nand\n%s", a, b)
	}
}

func TestWhatFoldersRefuse(t *testing.T) {
	refused := func(what string, err error) {
		t.Helper()
		if _, ok := errors.AsType[*FolderError](err); !ok || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want %q", err, what)
		}
	}
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600))
	_, err := Open(dir, django, false)
	refused("is not empty", err)

	dir = filepath.Join(t.TempDir(), "x")
	f := opened(t, dir)
	_, err = Open(dir, django, false)
	refused("filled by another run", err)
	check(t, f.User([]byte(`{"id":1}`)))
	check(t, f.Commit(Page{List: "users", Rows: 1}))
	check(t, f.Close())
	other := django
	other.Settings = "2"
	_, err = Open(dir, other, false)
	refused("another source", err)
	f = opened(t, dir)
	if p, ok := f.Place("users", ""); !ok || p.Rows != 1 || !f.Resumed() {
		t.Errorf("%v, %v", p, ok)
	}
	check(t, f.Counted("users", 2, Exact))
	m, err := f.Finish("1")
	check(t, err)
	check(t, f.Close())
	if m.State != Incomplete || len(m.Lacking) != 1 || !strings.Contains(m.Lacking[0].Why, "has 2, 1 were read") {
		t.Errorf("%+v", m)
	}
	_, err = Open(dir, django, false)
	refused("ended at", err)
	check(t, m.Verify(dir))
	appendTo(t, filepath.Join(dir, UsersFile), "\n")
	refused("was changed", m.Verify(dir))
	check(t, os.Remove(filepath.Join(dir, UsersFile)))
	refused("lacks users.ndjson", m.Verify(dir))
	f, err = Open(dir, other, true)
	check(t, err)
	if _, ok := f.Place("users", ""); ok {
		t.Error("the old fetch is still there")
	}
	check(t, f.Close())
}

// TestARunThatWasKilledWhileItTidiedUpHasNothingLeftToDo: fetch.json is there,
// and the journal still is.
func TestARunThatWasKilledWhileItTidiedUpHasNothingLeftToDo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "x")
	f := opened(t, dir)
	pages(t, f)
	journal, err := os.ReadFile(filepath.Join(dir, journalFile))
	check(t, err)
	_, err = f.Finish("1")
	check(t, err)
	check(t, f.Close())
	want := contents(t, dir)
	check(t, os.WriteFile(filepath.Join(dir, journalFile), journal, 0o600))
	f = opened(t, dir)
	if !f.Finished() {
		t.Error("it is taken for unfinished")
	}
	_, err = f.Finish("1")
	check(t, err)
	check(t, f.Close())
	if got := contents(t, dir); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestARoleThatACellCantHoldIsNotSilent: memberships.csv lists names in one cell.
func TestARoleThatACellCantHoldIsNotSilent(t *testing.T) {
	f := opened(t, filepath.Join(t.TempDir(), "x"))
	check(t, f.Membership(Membership{User: "1", Organization: "o", Roles: []string{"read;write"}}))
	m, err := f.Finish("1")
	check(t, err)
	check(t, f.Close())
	if m.State != Incomplete || !strings.Contains(m.Lacking[0].What, "read;write") {
		t.Errorf("%+v", m)
	}
}
