package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// The conformance suite: every kind of checkpoint must pass it.
func TestConformance(t *testing.T) {
	kinds := map[string]func(t *testing.T) *Store{
		"file": func(t *testing.T) *Store {
			s, created, err := Open(t.Context(), filepath.Join(t.TempDir(), "users #1?.checkpoint"))
			if err != nil || !created {
				t.Fatalf("created %v, %v", created, err)
			}
			return s
		},
		"memory": func(t *testing.T) *Store {
			s, err := OpenMemory(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		"temporary": func(t *testing.T) *Store {
			s, err := OpenTemporary(t.Context(), t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	}
	for name, open := range kinds {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			defer s.Close()
			conform(t, s)
		})
	}
	t.Run("virtual time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := kinds["memory"](t)
			defer s.Close()
			conform(t, s)
		})
	})
}

func conform(t *testing.T, s *Store) {
	ctx := t.Context()
	if _, ok, err := s.Job(ctx); ok || err != nil {
		t.Fatalf("a new checkpoint has a job: %v %v", ok, err)
	}
	must(t, s.Commit(ctx, SetJob{Job{Command: "import", Pass: 1, Source: 1, Options: "{}", Created: time.Unix(5, 0)}}))
	var records PutRecords
	for i := range 45 {
		records = append(
			records,
			&Record{Number: int64(i + 1), Seen: 1, Outcome: Pending, Key: Digest{byte(i + 1)}, Email: string(rune('a'+i%26)) + "@example.com",
				Want: Wants{Memberships: 1, Roles: 2}},
		)
	}
	records[0].Rows = []Row{{0, 9, 10, 11, 12}}
	records[7].Want.Suspensions = 1
	must(t, s.Commit(ctx, records, IndexKeys{}))
	must(t, s.Post(ctx, SetProgress{ID: 3, KindeID: "kp_3", Owner: Made, Outcome: Created, Pass: 1, Stage: Present},
		PutStep{Step{Record: 3, Kind: StepMemberships, Key: "org_1", State: Done, Units: 1, At: time.Unix(9, 0)}},
		PutStep{Step{Record: 3, Kind: StepRoles, Key: "org_1", State: Refused, Units: 2, Code: "API_REJECTED", At: time.Unix(9, 0)}}))
	must(t, s.Commit(ctx, AddAttempt{Attempt{Record: 3, Operation: "createUser", Status: 201, Started: time.Unix(8, 0), Latency: time.Second}},
		AddProblems{{Record: 3, Code: "API_REJECTED", Severity: "error"}}))

	totals, err := s.Totals(ctx)
	must(t, err)
	if totals[Created] != 1 || totals[Pending] != 44 {
		t.Fatalf("totals %v", totals)
	}
	steps, err := s.Steps(ctx)
	must(t, err)
	if steps[StepMemberships] != (StepTotals{45, 1, 0}) || steps[StepRoles] != (StepTotals{90, 0, 2}) {
		t.Fatalf("steps %v", steps)
	}
	// A newer source dropped a membership that was brought, and holds one that failed.
	must(t, s.Commit(ctx, PutStep{Step{Record: 3, Kind: StepMemberships, Key: "org_2", State: Refused, Units: 1, At: time.Unix(9, 0)}}))
	steps, err = s.Steps(ctx)
	must(t, err)
	if steps[StepMemberships] != (StepTotals{45, 0, 1}) {
		t.Fatalf("more memberships than the source names: %v", steps[StepMemberships])
	}
	must(t, s.Commit(ctx, PutStep{Step{Record: 3, Kind: StepMemberships, Key: "org_2", State: Done, Units: 1, At: time.Unix(9, 0)}}))
	if steps, err = s.Steps(ctx); err != nil || steps[StepMemberships] != (StepTotals{45, 1, 0}) {
		t.Fatalf("more memberships than the source names: %v %v", steps[StepMemberships], err)
	}
	first, ok, err := s.RecordByKey(ctx, Digest{1})
	must(t, err)
	if !ok || first.Number != 1 || len(first.Rows) != 1 || first.Rows[0].Length != 12 {
		t.Fatalf("record by key: %+v", first)
	}
	if r, ok, _ := s.RecordByKindeID(ctx, "kp_3"); !ok || r.Number != 3 {
		t.Fatalf("record by Kinde id: %+v", r)
	}
	n := 0
	for r, err := range s.Outlines(ctx, Selection{}) {
		must(t, err)
		n++
		whole, _, err := s.RecordByID(ctx, r.ID)
		must(t, err)
		want := Record{ID: whole.ID, Number: whole.Number, Line: whole.Line, SourceID: whole.SourceID, KindeID: whole.KindeID, Email: whole.Email,
			Outcome: whole.Outcome, Pass: whole.Pass, SignIn: whole.SignIn, Seen: whole.Seen}
		if !reflect.DeepEqual(r, want) {
			t.Fatalf("outline %+v, want %+v", r, want)
		}
	}
	if n != 45 {
		t.Fatalf("%d outlines", n)
	}
	n = 0
	for r, err := range s.Records(ctx, Selection{Outcomes: []Outcome{Pending}, Suspended: true}) {
		must(t, err)
		must(t, s.Commit(ctx, SetProgress{ID: r.ID, Outcome: Created, Pass: 1})) // writing while listing is allowed
		n++
	}
	if n != 1 {
		t.Fatalf("%d records want a suspension", n)
	}
	if found, err := s.Find(ctx, "C@EXAMPLE.com"); err != nil || len(found) != 2 {
		t.Fatalf("found %d, %v", len(found), err)
	}
	if a, err := s.AttemptsOf(ctx, 3); err != nil || len(a) != 1 || a[0].Latency != time.Second {
		t.Fatalf("attempts %v, %v", a, err)
	}
	must(t, s.Commit(ctx, SetJob{Job{Command: "import", Pass: 2, Source: 2, Options: "{}"}}, SetProgress{ID: 5, Outcome: Deleted, Pass: 2}))
	totals, err = s.Totals(ctx)
	must(t, err)
	if len(totals) != 1 || totals[Deleted] != 1 {
		t.Fatalf("in the next pass nobody is seen yet, one was deleted: %v", totals)
	}
	if first, again := s.Keyed("secret"), s.Keyed("secret"); first != again || first == s.Keyed("other") {
		t.Fatal("keyed digests")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSecondRunIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	s, _, err := Open(t.Context(), path)
	must(t, err)
	if _, _, err := Open(t.Context(), path); ReasonOf(err) != InUse {
		t.Fatalf("second run: %v", err)
	}
	r, err := OpenReader(t.Context(), path) // readers may look at any time
	must(t, err)
	must(t, r.Close())
	must(t, s.Close())
	s, created, err := Open(t.Context(), path)
	must(t, err)
	if created {
		t.Error("it was there already")
	}
	must(t, s.Close())
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm()&0o077 != 0 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestWhatIsNoCheckpoint(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	must(t, os.WriteFile(text, []byte("id,email\n1,ana@example.com\n"+string(make([]byte, 5000))), 0o600))
	if _, _, err := Open(t.Context(), text); ReasonOf(err) != Foreign {
		t.Errorf("a text file: %v", err)
	}
	if _, err := OpenReader(t.Context(), filepath.Join(dir, "none")); ReasonOf(err) != Missing {
		t.Errorf("no file: %v", err)
	}

	damaged := filepath.Join(dir, "damaged")
	s, _, err := Open(t.Context(), damaged)
	must(t, err)
	var records PutRecords
	for i := range 2000 {
		records = append(records, &Record{Number: int64(i), Email: "ana@example.com"})
	}
	must(t, s.Commit(t.Context(), records))
	must(t, s.Close())
	data, err := os.ReadFile(damaged)
	must(t, err)
	for i := len(data) / 2; i < len(data)/2+9000; i++ {
		data[i] ^= 0x5a
	}
	must(t, os.WriteFile(damaged, data, 0o600))
	if _, _, err := Open(t.Context(), damaged); ReasonOf(err) != Damaged {
		t.Errorf("a damaged file: %v", err)
	}

	newer := filepath.Join(dir, "newer")
	s, _, err = Open(t.Context(), newer)
	must(t, err)
	_, err = s.db.Exec(`PRAGMA user_version = 99`)
	must(t, err)
	must(t, s.Close())
	if _, _, err := Open(t.Context(), newer); ReasonOf(err) != Newer {
		t.Errorf("a newer file: %v", err)
	}
	if _, err := OpenReader(t.Context(), newer); ReasonOf(err) != Newer {
		t.Errorf("a newer file, read: %v", err)
	}
}

func TestAFailedWriteIsFinal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	s, _, err := Open(t.Context(), path)
	must(t, err)
	_, err = s.db.Exec(`PRAGMA max_page_count = 45`)
	must(t, err)
	for i := range 100 {
		records := make(PutRecords, 100)
		for j := range records {
			records[j] = &Record{Number: int64(i*100 + j), Email: "ana@example.com"}
		}
		if err = s.Commit(t.Context(), records); err != nil {
			break
		}
	}
	if ReasonOf(err) != NoSpace {
		t.Fatalf("a full disk: %v", err)
	}
	if err := s.Commit(t.Context(), SetRate{}); ReasonOf(err) != NoSpace {
		t.Errorf("after it: %v", err)
	}
	if err := s.Close(); ReasonOf(err) != NoSpace {
		t.Errorf("closing: %v", err)
	}
	if s, _, err := Open(t.Context(), path); err != nil {
		t.Errorf("what was committed is still there: %v", err)
	} else {
		must(t, s.Close())
	}
}

func TestCommitAfterClose(t *testing.T) {
	s, err := OpenMemory(t.Context())
	must(t, err)
	must(t, s.Close())
	if err := s.Commit(context.Background(), SetRate{}); !errors.Is(err, errClosed) {
		t.Errorf("%v", err)
	}
}

func TestCopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	none, err := OpenCopy(t.Context(), path, t.TempDir())
	must(t, err)
	must(t, none.Close())
	s, _, err := Open(t.Context(), path)
	must(t, err)
	must(t, s.Commit(t.Context(), PutRecords{{Number: 1, SourceID: "a"}}))
	c, err := OpenCopy(t.Context(), path, t.TempDir())
	must(t, err)
	must(t, c.Commit(t.Context(), PutRecords{{Number: 2, SourceID: "b"}}))
	for store, want := range map[*Store]int64{s: 1, c: 2} {
		if n, err := store.Count(t.Context(), Selection{Any: true}); err != nil || n != want {
			t.Errorf("%d records, want %d, %v", n, want, err)
		}
	}
	must(t, c.Close())
	must(t, s.Close())
}

// TestDeletedUnderTheRun: a checkpoint that somebody deletes is noticed with the
// next commit, and what it held is saved.
func TestDeletedUnderTheRun(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file can't be deleted there")
	}
	for name, harm := range map[string]func(path string) error{
		"deleted": os.Remove,
		"replaced": func(path string) error {
			return errors.Join(os.Rename(path, path+".old"), os.WriteFile(path, nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "users.checkpoint")
			s, _, err := Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Commit(t.Context(), SetNote{Name: "a", JSON: []byte("1")}); err != nil {
				t.Fatal(err)
			}
			if err := harm(path); err != nil {
				t.Fatal(err)
			}
			if err := s.Commit(t.Context(), SetNote{Name: "b", JSON: []byte("2")}); ReasonOf(err) != Gone {
				t.Errorf("a commit into nowhere: %v", err)
			}
			_ = s.Close()
			r, err := OpenReader(t.Context(), path+".rescued")
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if note, err := r.Note(t.Context(), "b"); err != nil || string(note) != "2" {
				t.Errorf("what was saved: %q, %v", note, err)
			}
			if info, err := os.Stat(path + ".rescued"); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
		})
	}
}

// TestNoFileAtAll: what can't be a checkpoint is refused at once.
func TestNoFileAtAll(t *testing.T) {
	folder := t.TempDir()
	for _, open := range []func(string) error{
		func(p string) error { _, _, err := Open(t.Context(), p); return err },
		func(p string) error { _, err := OpenReader(t.Context(), p); return err },
		func(p string) error { _, err := OpenCopy(t.Context(), p, t.TempDir()); return err },
	} {
		if err := open(folder); ReasonOf(err) != Foreign {
			t.Errorf("a folder: %v", err)
		}
		if err := open(os.DevNull); ReasonOf(err) != Foreign {
			t.Errorf("a device: %v", err)
		}
	}
}

// TestProblemsOfEveryKind returns some of each kind, however many come before.
func TestProblemsOfEveryKind(t *testing.T) {
	s, err := OpenMemory(t.Context())
	must(t, err)
	defer s.Close()
	var all AddProblems
	for n := int64(1); n <= 50; n++ {
		all = append(all, Problem{Record: n, Number: n, Code: "FIELD_DROPPED", Severity: "warning"})
	}
	all = append(
		all,
		Problem{Record: 51, Number: 51, Code: "EMAIL_INVALID", Severity: "error"},
		Problem{Record: 52, Number: 52, Code: "EMAIL_INVALID", Severity: "warning"},
	)
	must(t, s.Commit(t.Context(), all))
	got, err := s.Problems(t.Context(), 10)
	must(t, err)
	counted := map[string]int{}
	for _, p := range got {
		counted[p.Severity+" "+p.Code]++
	}
	if counted["error EMAIL_INVALID"] != 1 || counted["warning EMAIL_INVALID"] != 1 || counted["warning FIELD_DROPPED"] != 10 {
		t.Errorf("%v", counted)
	}
}

// TestUpgrade: a checkpoint whose names and definitions were in notes is read, and its
// source is read again.
func TestUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	s, _, err := Open(t.Context(), path)
	must(t, err)
	must(
		t,
		s.Commit(
			t.Context(),
			SetSource{Source: Source{Inputs: "same"}},
			SetNote{Name: "names", JSON: []byte("{}")},
			PutRecords{{Number: 1, SourceID: "a"}},
			SetNote{
				Name: "created_definitions",
				JSON: []byte(`[{"kind":"role","id":"role_1","name":"editor"},{"kind":"organization","id":"","name":"Ünited \"A\""}]`),
			},
		),
	)
	_, err = s.db.Exec(
		`DROP TABLE name; DROP TABLE definition; DROP INDEX step_link; UPDATE meta SET value = 1 WHERE key = 'schema_version'; PRAGMA user_version = 1`,
	)
	must(t, err)
	must(t, s.Close())
	s, _, err = Open(t.Context(), path)
	must(t, err)
	must(t, s.Commit(t.Context(), SetNames{slices.Values([]Name{{Kind: "role", Key: "admin", Records: 2}})}))
	for n, err := range s.Names(t.Context()) {
		if err != nil || n != (Name{Kind: "role", Key: "admin", Records: 2}) {
			t.Errorf("%v, %v", n, err)
		}
	}
	made, err := s.Definitions(t.Context())
	if want := []Definition{{"role", "editor", "role_1"}, {"organization", `Ünited "A"`, ""}}; err != nil || !slices.Equal(made, want) {
		t.Errorf("its definitions are %v, %v", made, err)
	}
	if note, err := s.Note(t.Context(), "created_definitions"); err != nil || note != nil {
		t.Errorf("the note stays: %s, %v", note, err)
	}
	source, ok, err := s.Source(t.Context())
	if err != nil || !ok || source.Inputs != "" {
		t.Errorf("its source is taken for read: %+v, %v", source, err)
	}
	if n, err := s.Count(t.Context(), Selection{Any: true}); err != nil || n != 1 {
		t.Errorf("%d records, %v", n, err)
	}
	must(t, s.Close())
}

// Worked sums the users of the runs of a pass, the first included.
func TestWorked(t *testing.T) {
	s, err := OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var changes []Change
	for i, users := range []int64{100, 20, 3} {
		changes = append(changes, PutRun{Run: &Run{Name: "run", Pass: 1, Started: time.Unix(1_000_000, 0)}},
			PutBuckets{{Run: int64(i + 1), Second: 1_000_000, Users: users}, {Run: int64(i + 1), Second: 1_000_001, Users: users}})
	}
	if err := s.Commit(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
	for first, want := range map[int64]int64{1: 246, 2: 46, 3: 6, 4: 0} {
		if got, err := s.Worked(t.Context(), first); err != nil || got != want {
			t.Errorf("from run %d on %d users, want %d, %v", first, got, want, err)
		}
	}
}

// Whose an identity is: what became of it since the create counts, and nothing
// that was only tried.
func TestHoldings(t *testing.T) {
	s, err := OpenMemory(t.Context())
	must(t, err)
	defer s.Close()
	must(t, s.Commit(t.Context(), PutRecords{{Number: 1}, {Number: 2}, {Number: 3}}))
	step := func(record int64, kind, key string, state StepState, detail string) Change {
		return PutStep{Step: Step{Record: record, Kind: kind, Key: key, State: state, Units: 1, Detail: detail}}
	}
	must(t, s.Commit(t.Context(),
		step(1, StepIdentities, "", Done, `["email:a@example.com","email:b@example.com","phone:+15550100001"]`),
		step(1, StepIdentities, "email:b@example.com", Omitted, ""),
		step(1, StepIdentities, "phone:+15550100001", Done, ""),
		step(2, StepIdentities, "email:b@example.com", Done, ""),
		step(2, StepIdentities, "email:c@example.com", Refused, ""),
		step(2, StepSocial, "conn_1:7", Done, ""),
		step(3, StepIdentities, "", GaveUp, `["email:d@example.com"]`),
		step(3, StepSocial, "conn_1:8", Omitted, "")))
	var got []string
	must(t, s.Holdings(t.Context(), func(h Holding) { got = append(got, fmt.Sprint(h.Record, " ", h.Kind, " ", h.Key)) }))
	slices.Sort(got)
	want := []string{
		"1 identities email:a@example.com",
		"1 identities phone:+15550100001",
		"2 identities email:b@example.com",
		"2 social conn_1:7",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for key, want := range map[string]int64{"conn_1:7": 2, "conn_1:8": 0, "conn_2:7": 0} {
		if r, ok, err := s.Linked(t.Context(), key); err != nil || r.ID != want || ok != (want > 0) {
			t.Errorf("%s is linked to %d, %v, %v", key, r.ID, ok, err)
		}
	}
}
