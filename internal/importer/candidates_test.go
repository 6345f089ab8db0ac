package importer

import (
	"slices"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Whom a create without an answer may have made is found by the id, by each address that
// was asked for, and by the names alone only where there is nothing else.
func TestCandidates(t *testing.T) {
	ana, bo := identityID("email", "ana@example.com").Key, identityID("email", "bo@example.com").Key
	waiting := []unsettled{
		{wanted: ownership{sourceID: "1", addresses: []string{ana}, names: [][2]string{{"Ana", "Sol"}}}},
		{wanted: ownership{sourceID: "2", sent: []string{bo}}},
		{wanted: ownership{names: [][2]string{{"Cy", "Mar"}}}},
		{wanted: ownership{addresses: []string{"email:dee@example.com"}, names: [][2]string{{"Cy", "Mar"}}}},
	}
	byID, byIdentity := map[string]int{"1": 0, "2": 1}, map[string]int{ana: 0, bo: 1}
	shown := func(id, first, last string, emails ...string) *kinde.User {
		u := &kinde.User{ProvidedID: id, FirstName: first, LastName: last}
		for _, e := range emails {
			u.Identities = append(u.Identities, kinde.UserIdentity{Type: "email", Identity: e})
		}
		return u
	}
	for name, c := range map[string]struct {
		user *kinde.User
		want []int
	}{
		"nobody":                     {shown("", "Ana", "Sol"), nil},
		"the id":                     {shown("1", "", ""), []int{0}},
		"the id and its own address": {shown("1", "", "", "ana@example.com"), []int{0}},
		"an address that was asked":  {shown("", "", "", "bo@example.com"), []int{1}},
		"the id of one and the address of another": {shown("1", "", "", "bo@example.com"), []int{0, 1}},
		"another id and an address":                {shown("9", "", "", "cy@example.com", "ana@example.com"), []int{0}},
		"names alone":                              {shown("", "Cy", "Mar"), []int{2}},
		"all of it":                                {shown("2", "Cy", "Mar", "ana@example.com"), []int{1, 0, 2}},
	} {
		if got := slices.Collect(candidates(c.user, waiting, byID, byIdentity)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		for n := range candidates(c.user, waiting, byID, byIdentity) {
			if n != c.want[0] {
				t.Errorf("%s begins with %d", name, n)
			}
			break
		}
	}
}
