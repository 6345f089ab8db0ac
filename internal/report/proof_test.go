package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
)

// TestProof: that everyone is in the tenant is said of a read-back that this run
// made, of all of them, and of nothing else.
func TestProof(t *testing.T) {
	at := time.Date(2026, 3, 1, 15, 4, 0, 0, time.UTC)
	ten := Totals{Records: 10, Created: 10}
	for _, tt := range []struct {
		name    string
		command string
		totals  Totals
		calls   int64
		found   Reconciliation
		again   bool
		want    string
	}{
		{"all of this run", "import", ten, 12, Reconciliation{Performed: true, Fresh: true, Matched: 10, At: at}, false,
			"Everyone is in the tenant, and was read back."},
		{"nothing was asked", "import", Totals{Records: 10, Unchanged: 10}, 0, Reconciliation{Performed: true, Matched: 10, At: at}, false,
			"The tenant was last read back on 2026-03-01 15:04 UTC; this run made no request."},
		{"something was asked", "import", Totals{Records: 10, Unchanged: 10}, 3, Reconciliation{Performed: true, Matched: 10, At: at}, false,
			"The tenant was last read back on 2026-03-01 15:04 UTC, not in this run."},
		{"of a checkpoint that knows no date", "import", ten, 0, Reconciliation{Performed: true, Matched: 10}, false,
			"The tenant was last read back by an earlier run; this run made no request."},
		{"the same report again", "import", ten, 12, Reconciliation{Performed: true, Fresh: true, Matched: 10, At: at}, true,
			"The tenant was last read back on 2026-03-01 15:04 UTC; this run made no request."},
		{"a part", "import", Totals{Records: 10, Updated: 1, Unchanged: 9}, 4,
			Reconciliation{Performed: true, Fresh: true, Matched: 1, Explained: 9, At: at}, false,
			"1 record is in the tenant, and read back; the others were not checked."},
		{"some rejected", "import", Totals{Records: 10, Created: 8, Rejected: 2}, 9,
			Reconciliation{Performed: true, Fresh: true, Matched: 8, Explained: 2, At: at}, false,
			"Everyone else is in the tenant, and was read back."},
		{"nobody was read back", "import", ten, 9, Reconciliation{}, false, "Nobody was read back from the tenant."},
		{"a command that reads nobody back", "rollback", ten, 9, Reconciliation{}, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := New(tt.command)
			r.Totals, r.API.Calls, r.Reconciliation = tt.totals, tt.calls, tt.found
			if tt.again {
				r.Again()
			}
			if got := r.Proof(); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			var b strings.Builder
			if err := r.WriteText(&b, Guide{}); err != nil {
				t.Fatal(err)
			}
			if says := strings.Contains(b.String(), "Everyone is in the tenant"); says != (tt.name == "all of this run") {
				t.Errorf("the summary says that everyone is there:\n%s", b.String())
			}
		})
	}
}

// A delta that was cut off before its read-back has the one of the source before,
// with other records. It is no proof of this one, and no contradiction.
func TestAReadBackOfAnEarlierSourceProvesNothing(t *testing.T) {
	store, err := checkpoint.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	record := func(id int64) *checkpoint.Record {
		return &checkpoint.Record{ID: id, Number: id, Line: id, SourceID: fmt.Sprint(id), KindeID: fmt.Sprint("kp_", id), Owner: checkpoint.Made,
			Outcome: checkpoint.Unchanged, Stage: checkpoint.Present, Seen: 2, Pass: 2}
	}
	note := func(run string, matched int64) checkpoint.SetNote {
		data, err := json.Marshal(checkpoint.Reconciliation{Performed: true, Run: run, At: time.Now(), Matched: matched})
		if err != nil {
			t.Fatal(err)
		}
		return checkpoint.SetNote{Name: checkpoint.NoteReconciliation, JSON: data}
	}
	if err := store.Commit(t.Context(),
		checkpoint.SetJob{Job: checkpoint.Job{Command: "import", Pass: 2, Source: 2, Options: "{}"}},
		checkpoint.PutRun{Run: &checkpoint.Run{Name: "second", Pass: 2, Command: "import", Started: time.Now()}},
		checkpoint.PutRecords{record(1), record(2)}, note("first", 3),
	); err != nil {
		t.Fatal(err)
	}
	r, err := Fold(t.Context(), store)
	if err != nil || r.Reconciliation.Performed || r.Reconciliation.Matched != 0 || r.Totals.Records != 2 {
		t.Errorf("%+v, %+v, %v", r.Totals, r.Reconciliation, err)
	}
	if err := store.Commit(t.Context(), note("second", 3)); err != nil {
		t.Fatal(err)
	}
	if _, err := Fold(t.Context(), store); !errors.Is(err, ErrSums) {
		t.Errorf("its own read-back that does not add up: %v", err)
	}
}
