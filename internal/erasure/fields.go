package erasure

import (
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// Fields of a record that name its user, in any source, and those whose members
// do. What stands elsewhere mentions somebody: it makes a record nobody's.
var (
	naming = fieldSet("id userid uid sub subject localid sourceid kindeid providedid externalid objectid legacyid guid uuid uidnumber dn " +
		"email emailaddress mail primaryemail useremail emails emailaddresses otheremails upn userprincipalname identity identities value " +
		"phone phonenumber phonenumbers mobile telephonenumber mobilephone username userlogin login preferredusername samaccountname rawid user key otherids")
	within = fieldSet(
		"identities identity emails emailaddresses otheremails phones phonenumbers user profile traits attributes provideruserinfo " +
			"verifiableaddresses logins accounts otherids",
	)
)

func fieldSet(names string) map[string]bool {
	out := map[string]bool{}
	for f := range strings.FieldsSeq(names) {
		out[f] = true
	}
	return out
}

// plain is a field's name without case and without what separates its words.
func plain(field string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, field)
}

// NamesOf finds what a record of any source calls its user.
func NamesOf(v mapping.Value) (n Names) {
	n.walk(v, "", 0)
	return n
}

const deepest = 4 // members within members

func (n *Names) walk(v mapping.Value, field string, depth int) {
	switch v.Kind {
	case mapping.Object:
		for i, key := range v.Keys {
			key = plain(key)
			e := v.Elems[i]
			container := e.Kind == mapping.Object || e.Kind == mapping.Array
			if container && within[key] && depth < deepest || !container && naming[key] {
				n.walk(e, key, depth+1)
			}
		}
	case mapping.Array:
		for _, e := range v.Elems {
			n.walk(e, field, depth)
		}
	case mapping.String, mapping.Number:
		n.take(field, strings.TrimSpace(v.Text))
	}
}

// take sorts a value by its form, and by its field where the form says nothing.
func (n *Names) take(field, text string) {
	if inert, ok := strings.CutPrefix(text, "'"); ok {
		text = inert // as a table keeps a spreadsheet from running a cell
	}
	switch {
	case text == "":
	case strings.HasPrefix(text, "kp_"):
		if n.KindeID == "" || n.KindeID == text {
			n.KindeID = text
		} else {
			n.SourceIDs = append(n.SourceIDs, text)
		}
	case strings.Contains(text, "@") && !strings.ContainsAny(text, " ,;|/"):
		n.Emails = append(n.Emails, text)
	case strings.HasPrefix(text, "+") && len(compare.Fold(kindPhone, text)) >= 7, strings.Contains(field, "phone") || field == "mobile":
		n.Phones = append(n.Phones, text)
	case strings.Contains(field, "login") || strings.Contains(field, "username") || field == "samaccountname" || field == "identity" ||
		field == "value":
		n.Usernames = append(n.Usernames, text)
	default:
		n.SourceIDs = append(n.SourceIDs, text)
	}
}

// LooksLikeHeader tells whether a line is that of a table with a column that names people.
func LooksLikeHeader(line string) bool {
	if !strings.ContainsAny(line, ",;\t") {
		return false
	}
	for column := range strings.FieldsFuncSeq(line, func(r rune) bool { return strings.ContainsRune(",;\t\r", r) }) {
		if naming[plain(column)] && len(column) < 40 {
			return true
		}
	}
	return false
}
