package compare

import "testing"

func TestSame(t *testing.T) {
	for _, c := range []struct {
		kind, want, shown string
		same              bool
	}{
		{"phone", "+447700900123", "+44 7700 900123", true},
		{"phone", "+447700900123", "7700900123", true},
		{"phone", "+447700900123", "07700 900123", true},
		{"phone", "+390612345678", "0612345678", true},
		{"phone", "+15550100101", "5550100101", true},
		{"phone", "447700900123", "7700900123", true}, // a key has no plus
		{"phone", "+447700900123", "+17700900123", false},
		{"phone", "+447700900123", "700900123", false},
		{"phone", "+447700900123", "", false},
		{"phone", "", "", true},
		{"email", "ana@example.com", "ANA@example.com", true},
		{"username", "447700900123", "7700900123", false},
	} {
		if got := Same(c.kind, c.want, c.shown); got != c.same {
			t.Errorf("%s %q and %q: %v", c.kind, c.want, c.shown, got)
		}
	}
}

// TestUsersKnowsANationalNumber: a number without its calling code is neither
// missing, nor one too many, nor unverified.
func TestUsersKnowsANationalNumber(t *testing.T) {
	want := User{Identities: []Identity{{Kind: "phone", Value: "+447700900123", Verified: true}, {Kind: "email", Value: "ana@example.com"}}}
	have := User{Identities: []Identity{{Kind: "email", Value: "ana@example.com"}, {Kind: "phone", Value: "7700900123", Verified: true}}}
	if d := Users(want, have, Known{Identities: true, Verified: true}); len(d) != 0 {
		t.Errorf("%+v", d)
	}
	if have.Identities[1].Value != "7700900123" {
		t.Error("what was shown has been changed")
	}
	have.Identities[1].Value = "7700900124"
	if d := Users(want, have, Known{Identities: true, Verified: true}); len(d) != 2 {
		t.Errorf("another number: %+v", d)
	}
}
