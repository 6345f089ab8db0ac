package importer

import (
	"encoding/json"
	"io"
	"iter"
	"strings"
)

// User is a person as the tenant should show them.
type User struct {
	ID         string // at the source; Kinde keeps it as provided_id
	GivenName  string
	FamilyName string
	Picture    string

	Identities    []Identity    // at least one; the first of a type is the primary one
	Password      *PasswordHash // nil: they sign in another way, or with a code
	ResetPassword bool          // ask for a new password at the next sign-in
	Suspended     bool

	Properties  map[string]string // by key
	Flags       map[string]string // feature flags, by key
	Memberships []Membership
}

// Identity is one way to sign in.
type Identity struct {
	// Type is "email", "phone", "username", "enterprise", or for a social
	// identity Kinde's name of the provider: "oauth2:google".
	Type       string
	Value      string // the address, number or name; of a social identity the provider's id of the person
	Verified   bool   // e-mail and phone: that it is theirs was proved at the source
	Country    string // phone: two letters, of a number without a calling code
	Connection string // social, enterprise: id or name of the tenant's connection; "" finds it by the type
}

// PasswordHash is a hashed password, in any form that an export may have.
// Most hashes say themselves what they are; the other fields are for those
// that don't.
type PasswordHash struct {
	Hash          string `json:"hashed_password"`
	Method        string `json:"hashing_method,omitempty"` // "bcrypt", "pbkdf2", "md5" …
	Salt          string `json:"salt,omitempty"`
	SaltPosition  string `json:"salt_position,omitempty"` // "prefix" or "suffix"
	SaltEncoding  string `json:"salt_format,omitempty"`   // "hex", "base64"; "" is text
	Iterations    int    `json:"iterations,omitempty"`
	Variant       string `json:"variant,omitempty"`
	SignerKey     string `json:"signer_key,omitempty"` // Firebase, with the three below
	SaltSeparator string `json:"salt_separator,omitempty"`
	Rounds        int    `json:"rounds,omitempty"`
	MemoryCost    int    `json:"mem_cost,omitempty"`
}

// Membership puts a user into an organization.
type Membership struct {
	Organization string   // its code in Kinde ("org_…"), or its external id
	Roles        []string // keys
	Permissions  []string // keys, given directly
}

// Source yields users. It is read once in each run. An error ends the run
// before anything is written.
type Source = iter.Seq2[User, error]

// row is a user in the form of our own exports, which the preset kinde-migrate reads.
type row struct {
	ID            string            `json:"provided_id,omitempty"`
	FirstName     string            `json:"first_name,omitempty"`
	LastName      string            `json:"last_name,omitempty"`
	Picture       string            `json:"picture,omitempty"`
	Identities    []rowIdentity     `json:"identities"`
	Password      *PasswordHash     `json:"password,omitempty"`
	Reset         bool              `json:"is_password_reset_requested,omitempty"`
	Suspended     bool              `json:"is_suspended"`
	Properties    map[string]string `json:"properties,omitempty"`
	Flags         map[string]string `json:"feature_flags,omitempty"`
	Organizations []rowMembership   `json:"organizations,omitempty"`
}

type rowIdentity struct {
	Type       string `json:"type"`
	Value      string `json:"value"`
	Verified   bool   `json:"is_verified,omitempty"`
	Country    string `json:"phone_country_id,omitempty"`
	Connection string `json:"connection_id,omitempty"`
}

type rowMembership struct {
	Code        string   `json:"code,omitempty"`
	ExternalID  string   `json:"external_id,omitempty"`
	Roles       []string `json:"roles,omitempty"`
	Permissions []string `json:"permissions,omitempty"`
}

func rowOf(u *User) row {
	r := row{ID: u.ID, FirstName: u.GivenName, LastName: u.FamilyName, Picture: u.Picture, Password: u.Password, Reset: u.ResetPassword,
		Suspended: u.Suspended, Properties: u.Properties, Flags: u.Flags}
	for _, i := range u.Identities {
		r.Identities = append(r.Identities, rowIdentity(i))
	}
	for _, m := range u.Memberships {
		x := rowMembership{Roles: m.Roles, Permissions: m.Permissions}
		if strings.HasPrefix(m.Organization, "org_") {
			x.Code = m.Organization
		} else {
			x.ExternalID = m.Organization
		}
		r.Organizations = append(r.Organizations, x)
	}
	return r
}

// stream writes the users of a source as lines of JSON, to be read from the
// other end. Closing that end ends the reading of the source, and waits for it.
func stream(users Source) io.ReadCloser {
	r, w := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		out := json.NewEncoder(w)
		for u, err := range users {
			if err == nil {
				err = out.Encode(rowOf(&u))
			}
			if err != nil {
				w.CloseWithError(err)
				return
			}
		}
		w.Close()
	}()
	return &streamed{r, done}
}

type streamed struct {
	*io.PipeReader
	done chan struct{}
}

// Close ends the reading of the source.
func (s *streamed) Close() error {
	err := s.PipeReader.Close()
	<-s.done
	return err
}
