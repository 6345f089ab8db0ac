package cli

import (
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// A rate that was chosen is kept to, the tenant inside the process has no limit, and only
// the limit of another one is learnt. What was chosen is never said to be believed.
func TestGates(t *testing.T) {
	for name, c := range map[string]struct {
		sandbox *sandbox.Tenant
		rate    string
		kept    float64
	}{
		"a tenant":                     {nil, "", 0},
		"a tenant, by name":            {nil, "auto", 0},
		"a tenant at a rate":           {nil, "50", 50},
		"inside the process":           {&sandbox.Tenant{}, "auto", sandboxRate},
		"inside the process at a rate": {&sandbox.Tenant{}, "7.5", 7.5},
	} {
		conn := &Connection{Sandbox: c.sandbox}
		if err := conn.openGate(ConnectOptions{Pace: &PaceOptions{}}, resolved{"rate": {c.rate, "--rate"}}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if learns := conn.Learnt() != nil; conn.rate != c.kept || learns != (c.kept == 0) {
			t.Errorf("%s: the rate %v, and it learns: %v", name, conn.rate, learns)
		}
		if limit, _, _ := conn.Believed(); c.kept > 0 && (limit != 0 || conn.Gate.Snapshot().Rate != c.kept) {
			t.Errorf("%s: the limit %v is believed, %+v", name, limit, conn.Gate.Snapshot())
		}
	}
}
