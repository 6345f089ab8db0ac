package report

import (
	"strings"
	"testing"
	"time"
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
		{"all of this run", "import", ten, 12, Reconciliation{Performed: true, Fresh: true, Matched: 10, At: at}, false, "Everyone is in the tenant, and was read back."},
		{"nothing was asked", "import", Totals{Records: 10, Unchanged: 10}, 0, Reconciliation{Performed: true, Matched: 10, At: at}, false,
			"The tenant was read back on 2026-03-01 15:04 UTC; nothing was asked of it now."},
		{"something was asked", "import", Totals{Records: 10, Unchanged: 10}, 3, Reconciliation{Performed: true, Matched: 10, At: at}, false,
			"The tenant was read back on 2026-03-01 15:04 UTC, and not now."},
		{"of a checkpoint that knows no date", "import", ten, 0, Reconciliation{Performed: true, Matched: 10}, false,
			"The tenant was read back by an earlier run; nothing was asked of it now."},
		{"the same report again", "import", ten, 12, Reconciliation{Performed: true, Fresh: true, Matched: 10, At: at}, true,
			"The tenant was read back on 2026-03-01 15:04 UTC; nothing was asked of it now."},
		{"a part", "import", Totals{Records: 10, Updated: 1, Unchanged: 9}, 4, Reconciliation{Performed: true, Fresh: true, Matched: 1, Explained: 9, At: at}, false,
			"1 record is in the tenant, and read back; the others were not looked at."},
		{"some rejected", "import", Totals{Records: 10, Created: 8, Rejected: 2}, 9, Reconciliation{Performed: true, Fresh: true, Matched: 8, Explained: 2, At: at}, false,
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
