package reconcile

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
)

// What waits on disk for the comparison tells nobody who is compared, nor why
// somebody was left out.
func TestTheStageHoldsNobodyInClear(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	s, err := openStage(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := &reconciler{stage: s}
	row := &tenant.Row{
		ID:         "kp_1",
		Email:      "ana@example.com",
		FirstName:  "Anabel",
		Identities: []tenant.Identity{{Type: "email", Value: "ana@example.com"}},
	}
	if err := r.keepUsers(ctx, []*tenant.Row{row}); err != nil {
		t.Fatal(err)
	}
	v := &recorder{
		ctx:      ctx,
		stage:    s,
		progress: func(string, int64, int64) {},
		buffer: []kept{{key: "email\x00ana@example.com", code: "EMAIL_INVALID",
			reason: "Berta is no address", user: []byte(`{"GivenName":"Anabel"}`)}},
	}
	v.buffer[0].at.Number = 1
	if err := v.flush(); err != nil {
		t.Fatal(err)
	}
	files := 0
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		for _, mark := range []string{"ana@example.com", "Anabel", "Berta", "kp_1", "EMAIL_INVALID"} {
			if bytes.Contains(data, []byte(mark)) {
				t.Errorf("%s holds %q", filepath.Base(path), mark)
			}
		}
		return nil
	}); err != nil || files == 0 {
		t.Fatalf("%d files, %v", files, err)
	}
}

// Records and users that share one key are paired one by one, however many pairs there
// could be.
func TestManyOfOneKeyAreMatched(t *testing.T) {
	const n = 60
	s, err := openStage(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range n {
		for _, query := range []string{
			`INSERT INTO record(number, line, file, offset, length, state, key, code, reason) VALUES(?1, 1, 0, 0, 0, 0, '', '', '')`,
			`INSERT INTO have(seq, id, created, user, addressed) VALUES(?1, 'kp_' || ?1, 0, '', 1)`,
			`INSERT INTO record_key(rank, key, record) VALUES(2, 'one', ?1)`,
			`INSERT INTO have_key(rank, key, seq) VALUES(2, 'one', ?1)`,
		} {
			if _, err := s.ExecContext(t.Context(), query, i+1); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.match(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"record", "have"} {
		var matched int
		if err := s.QueryRowContext(t.Context(), `SELECT count(DISTINCT mate) FROM `+table).Scan(&matched); err != nil || matched != n {
			t.Errorf("%d of %d rows of %s are matched, %v", matched, n, table, err)
		}
	}
}
