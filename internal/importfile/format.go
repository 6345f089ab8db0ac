package importfile

import (
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// Format is one of the vendor's import formats.
type Format string

// The formats. The last three lead away from Kinde.
const (
	NDJSON Format = "kinde-ndjson"
	CSV    Format = "kinde-csv"
	Auth0  Format = "auth0"
	Table  Format = "csv"
	SCIM   Format = "scim"
)

// Leaves tells whether the format is another system's.
func (f Format) Leaves() bool { return f == Auth0 || f == Table || f == SCIM }

// MaxBytes is the most that one file may hold: what the dashboard takes, and what
// an import job of Auth0 does.
func (f Format) MaxBytes() int64 {
	if f == Auth0 {
		return 500_000
	}
	return MaxBytes
}

// Formats lists the formats.
func Formats() []string {
	return []string{string(NDJSON), string(CSV), string(Auth0), string(Table), string(SCIM)}
}

// FormatOf tells the format of a shard by its name, "" when it is none.
func FormatOf(name string) Format {
	switch {
	case strings.HasSuffix(name, ".ndjson"):
		return NDJSON
	case strings.HasSuffix(name, ".csv"):
		return CSV
	}
	return ""
}

// Holds tells whether a file can hold the user at all: it needs an e-mail
// address or a phone number.
func Holds(u *mapping.User) bool {
	for _, i := range u.Identities {
		if i.Type != mapping.Username {
			return true
		}
	}
	return false
}

// Identities are those of the user's identities that the format holds: a table
// has one column for each type.
func (f Format) Identities(all []mapping.Identity) []mapping.Identity {
	if f == NDJSON {
		return all
	}
	var out []mapping.Identity
	seen := map[mapping.IdentityType]bool{}
	for _, i := range all {
		if !seen[i.Type] {
			seen[i.Type] = true
			out = append(out, i)
		}
	}
	return out
}

// Verifies tells whether the file can mark the identity verified. In a table the
// vendor heeds the mark of an address only beside a password.
func (f Format) Verifies(i mapping.Identity, withPassword bool) bool {
	return f == NDJSON || i.Type != mapping.Email || withPassword
}

// Properties tells whether the format holds properties.
func (f Format) Properties() bool { return f == NDJSON }

// Password tells whether the format holds the hash.
func (f Format) Password(b *password.Body) bool { return b != nil && !b.Temporary }

// Membership tells whether the format holds the membership: it knows
// organizations by their external ids only.
func (f Format) Membership(o mapping.Organization) bool {
	return o.ExternalID != "" && !strings.ContainsAny(o.ExternalID, ",;|")
}
