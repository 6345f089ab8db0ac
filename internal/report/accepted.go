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
	byFile := r.Passwords.ByFile
	for _, x := range []struct {
		step, what string
		byFile     int64
	}{{"passwords", "password hashes", byFile}, {"flags", "flag overrides", 0}, {"permissions", "permissions", 0}} {
		if s := r.Steps[x.step]; s.Wanted > 0 {
			parts = append(parts, fmt.Sprintf("%s of %s %s accepted", ui.Number(s.Done-x.byFile), ui.Number(s.Wanted-x.byFile), x.what))
		}
	}
	if n := r.Passwords.ResetRequested; n > 0 {
		parts = append(parts, fmt.Sprintf("%s new-password requests accepted", ui.Number(n)))
	}
	if len(parts) == 0 {
		return ""
	}
	said := strings.Join(parts, ", ") + "."
	if byFile > 0 {
		said += fmt.Sprintf(" The dashboard's import was given %s more hashes, to which there is no answer.", ui.Number(byFile))
	}
	return said
}
