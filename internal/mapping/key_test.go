package mapping

import (
	"strings"
	"testing"
)

// TestKeyOutsideOfEach refuses @key where there is no item, and reads members
// that are called key and item.
func TestKeyOutsideOfEach(t *testing.T) {
	for _, text := range []string{"id: '@key'\n", "id: id\nemails: email\nproperties: {name: '@key'}\n",
		"id: id\nsuspended: {path: '@key', is: x}\n",
		"id: id\ntables: {t: {at: 't.*', on: [{row: '@key', user: id}]}}\n"} {
		if _, err := Load("m.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), "@key") ||
			!strings.Contains(err.Error(), "$parent.@key") {
			t.Errorf("%q: %v", text, err)
		}
	}
	m, err := Load("m.yaml", []byte("id: '=key + item'\nemails: email\nproperties: [{each: orgs, key_from: '@key', value: '=key'}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	res := m.Map(&Record{Fields: mustJSON(t, `{"key":"a","item":"b","email":"ana@example.com"}`)}, nil)
	if res.User.SourceID != "ab" {
		t.Errorf("%+v", res.User)
	}
}
