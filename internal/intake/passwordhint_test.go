package intake

import (
	"strings"
	"testing"
)

// A password that is left out is never advised to become a property of the user.
func TestNoAdviceToKeepAPasswordAsAProperty(t *testing.T) {
	file := write(
		t,
		"users.ndjson",
		`{"id":"1","email":"ana@example.com","password_hash":"`+bcryptHash+`","password":"Correct-Horse-7","old_password":"Battery-Staple-8","shoe":"42"}`+"\n",
	)
	_, c, _ := scan(t, Options{Files: []string{file}, Preset: "generic"})
	said := map[string]bool{}
	for _, p := range c.items[1].Problems {
		if said[p.Field] = true; p.Field != "shoe" && strings.Contains(p.Hint, "properties") {
			t.Errorf("%s: %s", p.Field, p.Hint)
		}
	}
	if !said["password"] || !said["old_password"] || !said["shoe"] {
		t.Errorf("%+v", c.items[1].Problems)
	}
}
