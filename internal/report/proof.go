package report

import (
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// Proof says in a sentence what is known of the tenant, and since when. Only a
// run that has looked at everybody says that everyone is there.
func (r *Report) Proof() string {
	c, bad := r.Reconciliation, r.Totals.Rejected+r.Totals.Failed
	switch {
	case !c.Performed:
		if r.Command == "import" || r.Command == "restore" {
			return "Nobody was read back from the tenant."
		}
		return ""
	case !c.Fresh:
		said := "The tenant was last read back " + r.lastLook()
		if r.API.Calls == 0 || r.again {
			return said + "; this run made no request."
		}
		return said + ", not in this run."
	case bad == 0 && c.Matched == r.Totals.Records:
		return "Everyone is in the tenant, and was read back."
	case c.Matched+bad == r.Totals.Records:
		return "Everyone else is in the tenant, and was read back."
	case r.Command == "reconcile":
		return fmt.Sprintf("%s in the tenant as the source describes them; the differences are explained.", are(c.Matched, "record"))
	default:
		return fmt.Sprintf("%s in the tenant, and read back; the others were not checked.", are(c.Matched, "record"))
	}
}

// lastLook says when the tenant was compared with the source last.
func (r *Report) lastLook() string {
	if r.Reconciliation.At.IsZero() {
		return "by an earlier run"
	}
	return "on " + r.Reconciliation.At.UTC().Format("2006-01-02 15:04") + " UTC"
}

func are(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return ui.Count(n, noun) + " are"
}

// Again marks a report that is made of a checkpoint once more: what its run saw
// of the tenant was true then.
func (r *Report) Again() {
	r.Reconciliation.Fresh = false
	r.again = true
}
