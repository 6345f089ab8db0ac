package mapping

import "testing"

func TestKeepsTellsWhatEachPresetCanCarry(t *testing.T) {
	for _, c := range []struct {
		preset                         string
		social, passwords, memberships Place
		attributes, suspended          bool
	}{
		{"auth0", InExport, InExport, SecondFile, true, true},
		{"okta", SecondFile, SecondFile, SecondFile, true, true},
		{"cognito", InExport, Nowhere, SecondFile, true, true},
		{"azure-b2c", InExport, Nowhere, SecondFile, true, true},
		{"keycloak", InExport, InExport, SecondFile, true, true},
		{"firebase", InExport, InExport, SecondFile, true, true},
	} {
		m, err := Preset(c.preset)
		if err != nil {
			t.Fatal(err)
		}
		k := m.Keeps()
		if k.Social != c.social || k.Passwords != c.passwords || k.Memberships != c.memberships || k.Attributes != c.attributes ||
			k.Suspended != c.suspended ||
			!k.Emails {
			t.Errorf("%s: %+v", c.preset, k)
		}
	}
}
