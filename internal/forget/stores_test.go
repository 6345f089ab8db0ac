package forget

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/erasure"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
)

var night = time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)

// checkpointAt lays down a checkpoint with Ana, whom another row calls usr_ana, and Bea, of whom a text tells.
func checkpointAt(t *testing.T, path string) {
	t.Helper()
	s, _, err := checkpoint.Open(t.Context(), path)
	tenanttest.Must(t, err)
	ana := checkpoint.Record{ID: 1, SourceID: "source-id-of-ana-1", KindeID: "kp_ana", Email: "ana@example.com",
		Phone: "+12025550141", Username: "ana_smith"}
	bea := checkpoint.Record{ID: 2, SourceID: "2", KindeID: "kp_bea", Email: "bea@example.com"}
	nobody := checkpoint.Record{ID: 3, SourceID: "3", Email: "ana@example.com"}
	tenanttest.Must(t, s.Commit(t.Context(), checkpoint.SetJob{Job: checkpoint.Job{Pass: 1, Source: 1}},
		checkpoint.PutRecords{&ana, &bea, &nobody},
		checkpoint.PutAliases{Record: 1, IDs: []string{"alias-of-ana-1234"}},
		checkpoint.AddProblems{{Record: 2, SourceID: "2", Message: "same as ana@example.com"}}))
	tenanttest.Must(t, s.Close())
}

func TestEraseInACheckpoint(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "job.checkpoint")
	checkpointAt(t, path)
	for _, beside := range []string{".rescued", ".part"} {
		tenanttest.Must(t, os.WriteFile(path+beside, []byte("of ana@example.com"), 0o600))
	}
	places, err := Find([]string{path}, nil)
	tenanttest.Must(t, err)
	var found []string
	for _, p := range places {
		found = append(found, string(p.Kind)+" "+filepath.Base(p.Path))
	}
	if want := []string{"checkpoint job.checkpoint", "text job.checkpoint.rescued", "text job.checkpoint.part"}; !slices.Equal(found, want) {
		t.Errorf("found %q, want %q", found, want)
	}
	people := ana()
	sights, err := Learn(t.Context(), places, people)
	tenanttest.Must(t, err)
	if s := sights[0]; s.Records != 2 || s.Mentions != 0 || s.Hits[0] != 2 || !slices.Equal(s.KindeIDs, []string{"kp_ana"}) {
		t.Errorf("seen: %+v", s)
	}
	want := erasure.Person{KindeIDs: []string{"kp_ana"}, SourceIDs: []string{"source-id-of-ana-1", "alias-of-ana-1234", "3"},
		Emails: []string{"ana@example.com"},
		Phones: []string{"+12025550141"}, Usernames: []string{"ana_smith"}}
	if p := people.Persons[0]; !slices.Equal(p.KindeIDs, want.KindeIDs) || !slices.Equal(p.SourceIDs, want.SourceIDs) ||
		!slices.Equal(p.Emails, want.Emails) ||
		!slices.Equal(p.Phones, want.Phones) || !slices.Equal(p.Usernames, want.Usernames) {
		t.Errorf("learnt %+v, want %+v", p, want)
	}
	for i, want := range []Sight{{Records: 2, Mentions: 1}, {Mentions: 1}, {Mentions: 1}} {
		s, err := places[i].Erase(t.Context(), people, night)
		if err != nil || s.Records != want.Records || s.Mentions != want.Mentions {
			t.Errorf("%s: %+v, %v", places[i].Path, s, err)
		}
	}
	all := bytesUnder(t, dir)
	for _, name := range []string{"ana@example.com", "kp_ana", "alias-of-ana-1234", "+12025550141"} {
		if bytes.Contains(all, []byte(name)) {
			t.Errorf("%s stays", name)
		}
	}
	if !bytes.Contains(all, []byte("bea@example.com")) {
		t.Error("Bea is gone")
	}
	// What is put beside the database afterwards is found.
	tenanttest.Must(t, os.WriteFile(path+".erasing", []byte("ana@example.com"), 0o600))
	if err := places[0].prove(t.Context(), people.Text()); err == nil ||
		err.Error() != path+".erasing still mentions these people: it was changed in the meantime, "+
			"or mentions them in an unknown form; delete the file" {
		t.Error(err)
	}
	tenanttest.Must(t, os.Remove(path+".erasing"))
	checkpointAt(t, filepath.Join(dir, "other"))
	other := &Place{Path: filepath.Join(dir, "other"), Kind: Checkpoint}
	if err := other.prove(t.Context(), people.Text()); !isStay(err, other.Path) {
		t.Error(err)
	}
	none := &Place{Path: filepath.Join(dir, "none"), Kind: Checkpoint}
	if _, err := none.See(t.Context(), people); err == nil || !strings.HasPrefix(err.Error(), "looking for the people in "+none.Path+": ") {
		t.Error(err)
	}
	if _, err := none.Erase(t.Context(), people, night); err == nil || !strings.HasPrefix(err.Error(), "erasing in "+none.Path+": ") {
		t.Error(err)
	}
}

func isStay(err error, path string) bool {
	s, ok := errors.AsType[*StaysError](err)
	return ok && s.Path == path
}

// repositoryOf has two plain backups and an encrypted one of a tenant in which Ana is, with the policy of its last pruning.
func repositoryOf(t *testing.T) (dir string, names []string) {
	t.Helper()
	dir = t.TempDir()
	sb, c := tenanttest.Open(t, tenanttest.Options(2))
	tenanttest.Must(t, sb.Edit(func(e *sandbox.Edit) error {
		_, err := e.Add("ana@example.com", "Ana", "S")
		return err
	}))
	key, err := age.GenerateX25519Identity()
	tenanttest.Must(t, err)
	repo, err := backup.LockRepository(dir)
	tenanttest.Must(t, err)
	for day, to := range []backup.Recipients{nil, {key.Recipient()}, nil} {
		m, err := repo.Backup(t.Context(), c, backup.Options{Recipients: to, TempDir: t.TempDir(),
			Now: func() time.Time { return night.AddDate(0, 0, day) }})
		tenanttest.Must(t, err)
		names = append(names, m.Name)
	}
	_, err = repo.Prune(t.Context(), backup.Retention{Last: 9}, false, night)
	tenanttest.Must(t, errors.Join(err, repo.Unlock()))
	return dir, names
}

func TestEraseInBackups(t *testing.T) {
	dir, names := repositoryOf(t)
	one := filepath.Join(dir, names[0])
	places, err := Find([]string{one, filepath.Join(dir, names[1]), one}, nil)
	tenanttest.Must(t, err)
	if len(places) != 1 || places[0].Kind != Backups || places[0].Path != dir || !slices.Equal(places[0].only, names[:2]) {
		t.Fatalf("found %+v", places[0])
	}
	sealed, err := places[0].Sealed(night.AddDate(0, 0, 2))
	if want := []Sealed{{filepath.Join(dir, names[1]), "2026-03-11"}}; err != nil || !slices.Equal(sealed, want) {
		t.Errorf("sealed: %+v, %v, want %+v", sealed, err, want)
	}
	people := ana()
	sights, err := Learn(t.Context(), places, people)
	tenanttest.Must(t, err)
	if s := sights[0]; s.Records != 2 || len(s.KindeIDs) != 1 || len(people.Persons[0].KindeIDs) != 1 {
		t.Errorf("seen: %+v, learnt %+v", s, people.Persons[0])
	}
	s, err := places[0].Erase(t.Context(), people, night)
	if err != nil || s.Records != 2 || s.Mentions != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	text := people.Text()
	if err := places[0].prove(t.Context(), text); err != nil {
		t.Error(err)
	}
	all, err := Find([]string{dir}, nil)
	tenanttest.Must(t, err)
	if err := all[0].prove(t.Context(), text); !isStay(err, filepath.Join(dir, names[2], "memberships.ndjson")) {
		t.Errorf("she is in the last one, which was not named: %v", err)
	}
	if sealed, err := all[0].Sealed(night); err != nil || len(sealed) != 1 {
		t.Errorf("%+v, %v", sealed, err)
	}
	if sealed, err := (&Place{Path: dir, Kind: Backups, only: names[:1]}).Sealed(night); err != nil || sealed != nil {
		t.Errorf("%+v, %v", sealed, err)
	}
	// Whole folders of backups are one place, with what else lies in them.
	tenanttest.Must(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("x"), 0o600))
	again, err := Find([]string{dir, one}, nil)
	tenanttest.Must(t, err)
	kinds := ""
	for _, p := range again {
		kinds += string(p.Kind) + " "
	}
	if kinds != "backups text document " || again[0].only != nil {
		t.Errorf("%q, only %v", kinds, again[0].only)
	}
	repo, err := backup.LockRepository(dir)
	tenanttest.Must(t, err)
	if _, err := again[0].Erase(t.Context(), people, night); !errors.Is(err, backup.ErrBusy) {
		t.Error(err)
	}
	tenanttest.Must(t, repo.Unlock())
	users := filepath.Join(dir, names[2], "users.ndjson")
	data, err := os.ReadFile(users)
	tenanttest.Must(t, err)
	tenanttest.Must(t, os.WriteFile(users, append(data, "no JSON\n"...), 0o600))
	if _, err := again[0].See(t.Context(), people); err == nil || !strings.HasSuffix(err.Error(),
		"a line of users in the backup "+names[2]+" does not parse") {
		t.Error(err)
	}
	if _, err := again[0].Erase(t.Context(), people, night); err == nil || !strings.Contains(err.Error(), "does not match its hash") {
		t.Error(err)
	}
	none := &Place{Path: filepath.Join(dir, "none"), Kind: Backups}
	for _, err := range []error{errorOf(none.See(t.Context(), people)), errorOf(none.Sealed(night)), none.prove(t.Context(), text)} {
		if !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	}
}

func errorOf[T any](_ T, err error) error { return err }

func TestSealedElsewhere(t *testing.T) {
	if s, err := (&Place{Path: "x.age", Kind: Encrypted}).Sealed(night); err != nil || !slices.Equal(s, []Sealed{{Path: "x.age"}}) {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := (&Place{Path: "x.csv", Kind: Records}).Sealed(night); s != nil || err != nil {
		t.Errorf("%+v, %v", s, err)
	}
	if got := (Sealed{}).End(); got != "when you delete it" {
		t.Error(got)
	}
	for _, kind := range []Kind{Encrypted, Unread} {
		if s, err := (&Place{Path: "none", Kind: kind}).Erase(context.Background(), ana(), night); err != nil || s.Records+s.Mentions != 0 {
			t.Errorf("%s: %+v, %v", kind, s, err)
		}
	}
}

// TestCertificate compares the whole text, of an erasure that left something and of one that did not.
func TestCertificate(t *testing.T) {
	at := night.In(time.FixedZone("", 3600))
	c := &Certificate{Schema: CertificateSchema, Version: "1.2", RunID: "run_1", StartedAt: at, FinishedAt: at.Add(time.Hour),
		Tenant: "https://acme.kinde.com",
		People: People{Asked: 5, Deleted: 2, NotThere: 2, Remaining: 1, FromFiles: 3}, Places: []Erased{{"a.csv", Records, 3, 4},
			{"b", Checkpoint, 0, 0}},
		Sealed: []Sealed{{"b/1", "2026-04-01"}, {"x.age", ""}}, Unread: []*Place{{Path: "y.bin", Kind: Unread, Why: "it is not text"}}, Shared: 2,
		ErasureList: "list.json", ListEntries: 9}
	const head = `Certificate of erasure

Tenant     https://acme.kinde.com
Job        run_1, kinde-migrate 1.2
Begun      2026-03-01T02:00:00Z
Finished   2026-03-01T03:00:00Z

`
	const files = "Files. Every byte was searched afterwards for addresses, phone numbers and ids of the erased people; none was found:\n"
	const foot = `
Erasure list: list.json, 9 entries, keyed digests only. Give it to every later import, restore and convert.
Not covered: other files, the list of names that was given to this job, exports of the identity provider, and what Kinde itself keeps (its logs and backups).
`
	want := head + `People asked for              5
Deleted from the tenant       2
Not in the tenant (any more)  2
Not erased                    1

The report of the job names those who were not erased; nothing of them was removed from any file.

` + files + `  a.csv (records): 3 records, 4 mentions in other records
  b (checkpoint): 0 records, 0 mentions in other records

Names that other people also have, and that they keep: 2

Encrypted, and may contain the erased people until they are deleted:
  b/1: retention removes it on 2026-04-01, if a backup is made each day
  x.age: when you delete it

Could not be read, and may contain the erased people:
  y.bin: it is not text
` + foot
	dir := t.TempDir()
	path, err := c.Save(dir)
	tenanttest.Must(t, err)
	data, err := os.ReadFile(path)
	if err != nil || path != filepath.Join(dir, "certificate-2026-03-01T020000Z.txt") || string(data) != want {
		t.Errorf("%s, %v:\n%s\nwant\n%s", path, err, data, want)
	}
	if data, err := os.ReadFile(strings.TrimSuffix(path, "txt") + "json"); err != nil || !bytes.Contains(data,
		[]byte(`"erasure_list_entries": 9`)) || !bytes.HasSuffix(data, []byte("}\n")) {
		t.Errorf("%s, %v", data, err)
	}
	c.People, c.Places, c.Sealed, c.Unread, c.Shared = People{}, nil, nil, nil, 0
	want = head + `People asked for              0
Deleted from the tenant       0
Not in the tenant (any more)  0
Not erased                    0

` + files + "  no files\n" + foot
	var b strings.Builder
	if c.WriteText(&b); b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
	for _, ending := range []string{"json", "txt"} {
		dir := t.TempDir()
		tenanttest.Must(t, os.Mkdir(filepath.Join(dir, "certificate-2026-03-01T020000Z."+ending), 0o700))
		if path, err := c.Save(dir); path != "" || err == nil || !strings.HasPrefix(err.Error(), "writing the certificate: ") {
			t.Errorf("%s: %q, %v", ending, path, err)
		}
	}
}

// TestWhatAFileIs by its beginning and its name.
func TestWhatAFileIs(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		text string
		kind Kind
		why  string
	}{
		"empty": {"", Plain, ""}, "space": {" \n\t", Plain, ""}, "a.html": {"x", Page, ""}, "a.NDJSON": {"x", Records, ""},
		"a.jsonl": {"x", Records, ""},
		"a.csv":   {"x", Records, ""}, "a.tsv": {"x", Records, ""}, "a.ldif": {"x", Records, ""}, ".a.csv.123.tmp": {"x", Records, ""},
		".a.txt": {"x", Plain, ""},
		"lines":  {"{}\n{}\n", Records, ""}, "object": {"{}\n", Document, ""}, "broken": {"{\n{", Document, ""},
		"list":   {"\xef\xbb\xbf [1]", Document, ""},
		"header": {"id,email\n1,x\n", Records, ""}, "text": {"hello\n", Plain, ""}, "zero": {"a\x00b", Unread, "it is not text"},
		"database": {"SQLite format 3\x00" + strings.Repeat("x", 100), Unread, "it is a database of another program"},
		"short":    {"SQLite format 3\x00", Unread, "it is a database of another program"},
		"ours":     {"SQLite format 3\x00" + strings.Repeat("x", 52) + "KMig" + strings.Repeat("x", 9), Checkpoint, ""},
		"age":      {"age-encryption.org/v1", Encrypted, ""}, "openssl": {"Salted__x", Encrypted, ""},
		"armour": {"-----BEGIN AGE ENCRYPTED FILE-----", Encrypted, ""},
		"gzip":   {"\x1f\x8b\x08x", Unread, "it can't be unpacked: "}, "state": {`{"head":{x`, Sandbox, ""},
	} {
		path := filepath.Join(dir, name)
		tenanttest.Must(t, os.WriteFile(path, []byte(c.text), 0o600))
		kind, why, err := kindOf(path)
		if err != nil || kind != c.kind || !strings.HasPrefix(why, c.why) || (why == "") != (c.kind != Unread) {
			t.Errorf("%s is %s, %q, %v, want %s", name, kind, why, err, c.kind)
		}
	}
	if kind, why, err := kindOf(filepath.Join(dir, "none")); kind != Unread || !strings.HasPrefix(why,
		"it can't be unpacked: ") || err != nil {
		t.Errorf("%s, %s, %v", kind, why, err)
	}
	if _, err := Find([]string{filepath.Join(dir, "none")}, nil); !errors.Is(err, os.ErrNotExist) ||
		!strings.HasPrefix(err.Error(), "looking at ") {
		t.Error(err)
	}
}

// TestFindLeavesOut what belongs to another file, what was excepted, and hidden folders.
func TestFindLeavesOut(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.txt", "a.txt-wal", "a.txt-shm", "a.txt.lock", "b-wal", "mine", "mine-wal", "mine.lock",
		"in/c.txt", ".hidden/d.txt", ".e.txt"} {
		tenanttest.Must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		tenanttest.Must(t, os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600))
	}
	places, err := Find([]string{dir, filepath.Join(dir, "a.txt"), filepath.Join(dir, "in")}, []string{filepath.Join(dir, "mine")})
	tenanttest.Must(t, err)
	var names []string
	for _, p := range places {
		rel, err := filepath.Rel(dir, p.Path)
		tenanttest.Must(t, err)
		names = append(names, filepath.ToSlash(rel))
	}
	if want := []string{".e.txt", "a.txt", "b-wal", "in/c.txt"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}
