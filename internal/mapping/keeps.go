package mapping

import "strings"

// Keeps is what a mapping can carry over, as far as the source holds it. It is
// read off the compiled mapping, so that tables in the documentation follow it.
type Keeps struct {
	Emails, Phones, Usernames bool
	Social                    Place // links to providers, with the provider's id of the person
	Passwords                 Place // hashes
	Memberships               Place // organizations
	Roles                     Place
	Attributes                bool // as properties
	Suspended                 bool
}

// Place tells where a mapping finds something.
type Place string

// The places.
const (
	Nowhere    Place = ""            // the source does not have it, or nobody may read it
	InExport   Place = "export"      // in the export itself
	SecondFile Place = "second file" // in a companion file only
)

// Keeps tells what the mapping can carry over.
func (m *Mapping) Keeps() Keeps {
	return Keeps{
		Emails: len(m.emails) > 0, Phones: len(m.phones) > 0, Usernames: len(m.usernames) > 0,
		Social:    m.place("links subject", "links"),
		Passwords: m.place("password hash", "password"),
		Memberships: m.place("memberships organization", "memberships code", "memberships external_id",
			"memberships name"),
		Roles:      m.place("memberships roles", "memberships permissions"),
		Attributes: len(m.properties) > 0 || m.unmapped == "property",
		Suspended:  m.suspended != nil,
	}
}

// place tells where the paths lie that the targets read. A target that stands
// alone in a mapping ("password: hash") is named by its section.
func (m *Mapping) place(targets ...string) Place {
	apart := map[string]bool{}
	for _, t := range m.tables {
		apart["$"+t.Name] = t.Companion != "" && len(t.At) == 0
	}
	found := Nowhere
	for _, r := range m.reads {
		if r.loop || r.added || len(r.steps) == 0 || !reads(r.target, targets) {
			continue
		}
		if !apart[r.steps[0]] {
			return InExport
		}
		found = SecondFile
	}
	return found
}

func reads(target string, targets []string) bool {
	for _, t := range targets {
		if target == t {
			return true
		}
	}
	// Parameters hold the hash of sources that keep it as one document.
	return targets[0] == "password hash" && strings.HasPrefix(target, "password ") && !notHash[strings.TrimPrefix(target, "password ")]
}

// notHash are the members of a password that say something about a hash.
var notHash = map[string]bool{
	"method": true, "salt": true, "salt_encoding": true, "salt_position": true, "iterations": true,
	"variant": true, "signer_key": true, "salt_separator": true, "rounds": true, "mem_cost": true, "set_at": true, "changed_at": true,
}
