package intake

import (
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// What a user has room for once, and a merged record says differently, is named.
func TestMergedRecordsThatContradict(t *testing.T) {
	const first = `{"id":"1","email":"ana@example.com","email_verified":true,"first_name":"Ana","last_name":"P","username":"ana",` +
		`"picture":"https://example.com/1.png","properties":{"plan":"x","town":"Porto"}}`
	const person = `{"id":"2","email":"ANA@example.com","email_verified":true,`
	for _, c := range []struct{ name, second, want string }{
		{"nothing of its own", person + `"phone":"+447700900123"}`, ""},
		{"all the same", person + `"first_name":"Ana","last_name":"P","username":"Ana","picture":"https://example.com/1.png","properties":{"plan":"x"}}`, ""},
		{"names", person + `"first_name":"Anna","last_name":"Q"}`, "family_name given_name"},
		{"picture", person + `"picture":"https://example.com/2.png"}`, "picture"},
		{"username", person + `"username":"ana2"}`, "username"},
		{"a property", person + `"properties":{"plan":"y","town":"Porto","size":"L"}}`, "plan"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := write(t, "users.ndjson", first+"\n"+c.second+"\n")
			in, seen, sum := scan(t, Options{Files: []string{file}, Preset: "generic", Duplicates: MergeDuplicates})
			if sum.Merged != 1 {
				t.Fatalf("merged %d", sum.Merged)
			}
			again, err := in.united(t.Context(), seen.items[1].Position)
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range []Item{seen.items[1], again} {
				var fields []string
				for _, p := range it.Problems {
					if p.Code != mapping.FieldDropped || p.Severity != mapping.Warning {
						t.Errorf("%+v", p)
					}
					fields = append(fields, p.Field)
				}
				slices.Sort(fields)
				if got := strings.Join(fields, " "); got != c.want {
					t.Errorf("named %q, want %q", got, c.want)
				}
			}
		})
	}
}
