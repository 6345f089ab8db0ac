package compare

import "testing"

func TestFold(t *testing.T) {
	for _, c := range []struct{ kind, value, want string }{
		{"email", " Ana@Example.COM ", "ana@example.com"},
		{"email", "\u212Aim@example.com", "\u212Aim@example.com"},
		{"email", "ANA@M\u0130KE.example", "ana@m\u0130ke.example"},
		{"email", "\u017Fam@example.com", "\u017Fam@example.com"},
		{"email", "É@example.com", "É@example.com"},
		{"email", "A@\xffB", "a@\xffb"},
		{"email", "a@XN--BCHER-KVA.example", "a@xn--bcher-kva.example"},
		{"email", "@AZ[`az{.Example", "@az[`az{.example"}, // the ends of the alphabet, and what lies beyond them
		{"username", "Kim", "kim"},
		{"username", "\u212Aim", "\u212Aim"},
		{"phone", "+1 (555) 010-0101", "15550100101"},
		{"phone", "+0/9:", "09"},
		{"social", "AbC", "AbC"},
	} {
		if got := Fold(c.kind, c.value); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.kind, c.value, got, c.want)
		}
	}
}
