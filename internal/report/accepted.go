package report

import (
	"fmt"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// Accepted says what stands in for comparing what the API does not show: how
// many of the writes the tenant itself called successful. It is "" when there
// were none.
func (r *Report) Accepted() string {
	var parts []string
	for _, x := range []struct{ step, what string }{{"passwords", "password hashes"}, {"flags", "flag overrides"}, {"permissions", "permissions"}} {
		if s := r.Steps[x.step]; s.Wanted > 0 {
			parts = append(parts, fmt.Sprintf("%s of %s %s accepted", ui.Number(s.Done), ui.Number(s.Wanted), x.what))
		}
	}
	if n := r.Passwords.ResetRequested; n > 0 {
		parts = append(parts, fmt.Sprintf("%s new-password requests accepted", ui.Number(n)))
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, ", ") + "."
}
