package compare

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// National returns the national form of a number in E.164, "" when it has none.
func National(e164 string) string {
	n, err := phonenumbers.Parse(e164, "")
	if err != nil || !strings.HasPrefix(e164, "+") {
		return ""
	}
	return phonenumbers.GetNationalSignificantNumber(n)
}

// Same tells whether a user whom we gave an identity shows it. It is Fold, but a
// phone number may be shown without its country's calling code, as some tenants
// take it. That holds among the identities of one user only: between users, such
// a number says nothing about whose it is.
func Same(kind, want, shown string) bool {
	folded := Fold(kind, shown)
	if folded == Fold(kind, want) {
		return true
	}
	if kind != "phone" || folded == "" || strings.HasPrefix(strings.TrimSpace(shown), "+") {
		return false
	}
	national := National("+" + Fold(kind, want))
	return national != "" && strings.TrimLeft(folded, "0") == strings.TrimLeft(national, "0")
}

// recognised gives the phone numbers that a tenant shows in national form the
// form in which they are wanted.
func recognised(want, have []Identity) []Identity {
	var out []Identity // have, once a number had to be changed
	for n, h := range have {
		for _, w := range want {
			if h.Kind == "phone" && w.Kind == "phone" && w.Value != h.Value && Same("phone", w.Value, h.Value) {
				if out == nil {
					out = append(out, have...)
				}
				out[n].Value = w.Value
			}
		}
	}
	if out == nil {
		return have
	}
	return out
}
