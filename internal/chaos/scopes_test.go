package chaos

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/doctor"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
)

// doctorFor is what doctor --for is told for scenarios that aren't called as it calls
// their command.
var doctorFor = map[string][]string{
	"import with definitions": {"import", "fix"},
	"delta":                   {"import", "delta"},
	"dry run":                 {"import", "delta"},
	"rollback":                {"rollback", "definitions"},
	"reconcile fix":           {"reconcile", "import"},
	"backup":                  {"full-backup"},
	"backup fast":             {"backup"},
	"users copy":              {"members"},
	"users invite":            {"members"},
	"users add-scope":         {"members"},
	"doctor":                  {"import", "fix"},
}

// asksForScopes compares the operations of the rehearsal with the scopes that doctor
// asks for.
func (d *scenario) asksForScopes(t *testing.T) {
	t.Helper()
	known := doctorFor[d.name]
	if known == nil {
		first, _, _ := strings.Cut(d.name, " ")
		known = []string{first}
	}
	scopes := doctor.Scopes(known...)
	for _, op := range slices.Sorted(maps.Keys(d.calls)) {
		if op == operation.GetWebHooks {
			continue // doctor says what webhooks there are if it may read them
		}
		for _, scope := range operation.Scopes(op) {
			if !slices.Contains(scopes, scope) {
				t.Errorf("%s sends %s, and doctor --for %s doesn't ask for %s", d.name, op, strings.Join(known, " --for "), scope)
			}
		}
	}
}
