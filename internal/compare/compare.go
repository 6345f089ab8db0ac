// Package compare says how a user in the tenant differs from what he should be.
// It is the one comparator of updates, deltas, read-backs, reconciliations and
// restores, so that none of them calls equal what another would change.
//
// It compares values that others have read. It never reads, never writes, and
// does not know what the tenant can't show: passwords, flag overrides.
package compare

import (
	"maps"
	"slices"
	"strings"
)

// User is a user, as he should be or as the tenant shows him.
type User struct {
	ID         string // Kinde's id, "" when he should only exist
	ProvidedID string
	GivenName  string
	FamilyName string
	Picture    string
	Suspended  bool
	Identities []Identity
	Properties map[string]string
	// Organizations holds the roles by organization code. Nil roles are roles
	// that are not known, which is not the same as no roles.
	Organizations map[string][]string
}

// Identity is one way to find or sign in a user.
type Identity struct {
	Kind       string // email, phone, username, social, enterprise
	Value      string
	Connection string // connection id of a social or enterprise identity
	Verified   bool   // compared only when Known.Verified
}

// Known says what was read of a shown user. What was not read is not compared.
type Known struct {
	Profile, Identities, Connections, Properties, Organizations, Roles bool
	// Verified states are only shown by a request per user.
	Verified bool
}

// Difference is one field that is not as it should be.
type Difference struct {
	Field    string // given_name, is_suspended, email, property KEY as "properties.KEY", "organizations.CODE", "roles.CODE"
	Expected string
	Actual   string
	// Extra tells that the tenant shows more than wanted, which only matters to whoever mirrors.
	Extra bool
}

// Users returns the differences in a stable order. What want leaves empty is
// not asked for, so it can't differ; what have shows beyond want is Extra.
func Users(want, have User, known Known) []Difference {
	var d differences
	if known.Profile {
		d.text("provided_id", want.ProvidedID, have.ProvidedID)
		d.text("given_name", want.GivenName, have.GivenName)
		d.text("family_name", want.FamilyName, have.FamilyName)
		d.text("picture", want.Picture, have.Picture)
		if want.Suspended != have.Suspended {
			d.add("is_suspended", yes(want.Suspended), yes(have.Suspended))
		}
	}
	shown := recognised(want.Identities, have.Identities)
	if known.Identities {
		d.identities(want.Identities, shown, known.Connections)
	}
	if known.Verified {
		d.verified(want.Identities, shown)
	}
	if known.Properties {
		d.properties(want.Properties, have.Properties)
	}
	if known.Organizations {
		d.organizations(want.Organizations, have.Organizations, known.Roles)
	}
	return d
}

// Asked returns the differences that are not Extra.
func Asked(all []Difference) []Difference {
	return slices.DeleteFunc(slices.Clone(all), func(d Difference) bool { return d.Extra })
}

type differences []Difference

func (d *differences) add(field, expected, actual string) {
	*d = append(*d, Difference{Field: field, Expected: expected, Actual: actual})
}

func (d *differences) text(field, want, have string) {
	if want != "" && strings.TrimSpace(want) != strings.TrimSpace(have) {
		d.add(field, want, have)
	}
}

func yes(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// Fold returns the form in which two values of an identity are compared, as
// Kinde compares them: of e-mail addresses and usernames the ASCII letters lose
// their case and nothing else changes, of phone numbers the digits count. It is
// the one notion of this module of whose identity something is: a wider one
// (U+212A is the Kelvin sign, and a k to Unicode) takes two people for one.
func Fold(kind, value string) string {
	value = strings.TrimSpace(value)
	switch kind {
	case "email", "username":
		return lowerASCII(value)
	case "phone":
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, value)
	}
	return value
}

func lowerASCII(s string) string {
	var lower []byte // of s, once it has a capital
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			if lower == nil {
				lower = []byte(s)
			}
			lower[i] = c + ('a' - 'A')
		}
	}
	if lower == nil {
		return s
	}
	return string(lower)
}

func (d *differences) identities(want, have []Identity, connections bool) {
	key := func(i Identity) string {
		if linked(i.Kind) && !connections {
			return "linked\x00" + Fold(i.Kind, i.Value)
		}
		return i.Kind + "\x00" + i.Connection + "\x00" + Fold(i.Kind, i.Value)
	}
	shown := make(map[string]bool, len(have))
	for _, i := range have {
		shown[key(i)] = true
	}
	asked := make(map[string]bool, len(want))
	for _, i := range want {
		asked[key(i)] = true
		if !shown[key(i)] {
			d.add(i.Kind, i.Value, "")
		}
	}
	for _, i := range have {
		if !asked[key(i)] {
			*d = append(*d, Difference{Field: i.Kind, Actual: i.Value, Extra: true})
		}
	}
}

// verified compares the verified states of identities that are there. One that
// the tenant calls verified and the source does not is Extra: its owner may
// have proved it since.
func (d *differences) verified(want, have []Identity) {
	shown := make(map[string]bool, len(have))
	for _, i := range have {
		key := i.Kind + "\x00" + Fold(i.Kind, i.Value)
		shown[key] = shown[key] || i.Verified
	}
	for _, i := range want {
		is, there := shown[i.Kind+"\x00"+Fold(i.Kind, i.Value)]
		if !there || i.Kind == "username" || linked(i.Kind) || is == i.Verified {
			continue
		}
		*d = append(*d, Difference{Field: i.Kind + ".verified", Expected: yes(i.Verified), Actual: yes(is), Extra: is})
	}
}

func linked(kind string) bool { return kind == "social" || kind == "enterprise" }

func (d *differences) properties(want, have map[string]string) {
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if want[k] != have[k] {
			d.add("properties."+k, want[k], have[k])
		}
	}
	for _, k := range slices.Sorted(maps.Keys(have)) {
		if _, ok := want[k]; !ok && have[k] != "" {
			*d = append(*d, Difference{Field: "properties." + k, Actual: have[k], Extra: true})
		}
	}
}

func (d *differences) organizations(want, have map[string][]string, roles bool) {
	for _, code := range slices.Sorted(maps.Keys(want)) {
		shown, member := have[code]
		if !member {
			d.add("organizations."+code, "member", "")
			continue
		}
		if roles && shown != nil {
			d.roles(code, want[code], shown)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(have)) {
		if _, ok := want[code]; !ok {
			*d = append(*d, Difference{Field: "organizations." + code, Actual: "member", Extra: true})
		}
	}
}

func (d *differences) roles(code string, want, have []string) {
	missing := without(want, have)
	if len(missing) > 0 {
		d.add("roles."+code, join(want), join(have))
		return
	}
	if more := without(have, want); len(more) > 0 {
		*d = append(*d, Difference{Field: "roles." + code, Expected: join(want), Actual: join(have), Extra: true})
	}
}

func without(of, these []string) []string {
	return slices.DeleteFunc(slices.Clone(of), func(s string) bool { return slices.Contains(these, s) })
}

func join(keys []string) string {
	sorted := slices.Clone(keys)
	slices.Sort(sorted)
	return strings.Join(slices.Compact(sorted), ",")
}
