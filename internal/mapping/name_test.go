package mapping

import "testing"

// TestNamesThatAreChanged says so, once for each name, and keeps silent about blanks around it.
func TestNamesThatAreChanged(t *testing.T) {
	m, err := Load("names.yaml", []byte("id: id\nemails: [email]\ngiven_name: given\nfamily_name: family\nfull_name: full\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		given, family, full string
		wantGiven, wantLast string
		dropped             []string
	}{
		{"Ana", "Lind", "", "Ana", "Lind", nil},
		{" Ana ", "Zoë", "", "Ana", "Zoë", nil},
		{"Ana\tMaria", "Lind", "", "Ana Maria", "Lind", []string{"given"}},
		{"Ana", "Lind\r\nBerg", "", "Ana", "Lind  Berg", []string{"family"}},
		{"A\x00na\n", "L\u200bind\u0085", "", "Ana", "L\u200bind", []string{"given"}},
		{"", "", "Ana\tLind", "Ana", "Lind", []string{"full"}},
		{"", "", "Ana Lind ", "Ana", "Lind", nil},
		{"\xff\xfeAna", "Lind", "", "Ana", "Lind", []string{"given"}},
	} {
		r := m.Map(&Record{Fields: Value{Kind: Object, Keys: []string{"id", "email", "given", "family", "full"},
			Elems: []Value{StringValue("1"), StringValue("a@example.com"), StringValue(c.given), StringValue(c.family), StringValue(c.full)}}}, nil)
		var dropped []string
		for _, p := range r.Problems {
			if p.Code == FieldDropped && p.Severity == Warning {
				dropped = append(dropped, p.Field)
			}
		}
		if r.User.GivenName != c.wantGiven || r.User.FamilyName != c.wantLast || len(dropped) != len(c.dropped) ||
			len(dropped) > 0 && dropped[0] != c.dropped[0] {
			t.Errorf("%q %q %q: %q %q, dropped %q", c.given, c.family, c.full, r.User.GivenName, r.User.FamilyName, dropped)
		}
	}
}
