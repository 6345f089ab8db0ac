package reconcile

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/exporter"
)

// What waits on disk for the comparison tells nobody who is compared.
func TestTheStageHoldsNobodyInClear(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	s, err := openStage(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	r := &reconciler{stage: s}
	row := &exporter.Row{ID: "kp_1", Email: "ana@example.com", FirstName: "Anabel", Identities: []exporter.Identity{{Type: "email", Value: "ana@example.com"}}}
	if err := r.keepUsers(ctx, []*exporter.Row{row}); err != nil {
		t.Fatal(err)
	}
	v := &recorder{ctx: ctx, stage: s, progress: func(string, int64, int64) {}, buffer: []kept{{key: "email\x00ana@example.com", user: []byte(`{"GivenName":"Anabel"}`)}}}
	v.buffer[0].at.Number = 1
	if err := v.flush(); err != nil {
		t.Fatal(err)
	}
	if err := s.each(ctx, func(rows *sql.Rows) error {
		var key, user []byte
		if err := rows.Scan(&key, &user); err != nil {
			return err
		}
		k, u, err := s.unseal(key, user)
		if err != nil || k != "email\x00ana@example.com" || string(u) != `{"GivenName":"Anabel"}` {
			t.Errorf("%q, %q, %v", k, u, err)
		}
		return nil
	}, "SELECT key, user FROM record"); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, mark := range []string{"ana@example.com", "Anabel"} {
			if bytes.Contains(data, []byte(mark)) {
				t.Errorf("%s holds %q", filepath.Base(f), mark)
			}
		}
	}
}
