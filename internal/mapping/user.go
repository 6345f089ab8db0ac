package mapping

import "github.com/kinde-migrate/kinde-migrate/internal/password"

// User is what a record becomes: the state that the tenant should show.
// It names organizations, roles, properties and connections as the source does;
// the importer resolves them against the tenant.
type User struct {
	SourceID string   // becomes provided_id, verbatim
	OtherIDs []string // source ids of the records that were merged into this one

	GivenName  string
	FamilyName string
	Picture    string

	Identities []Identity // email, phone and username; the first of a type is the primary one
	Links      []Link     // social and enterprise identities

	Suspended     bool
	PasswordReset bool // the source wants a new password at the next sign-in

	Password *password.Password // nil: the source holds none
	// PasswordStale tells that the profile changed its password after the hash was exported.
	PasswordStale bool

	Properties  []KeyValue // sorted by key
	Flags       []KeyValue // sorted by key
	Memberships []Membership

	MFA      bool   // had a second factor, which Kinde can't take over
	Provider string // how the source signs this user in ("auth0", "google-oauth2"), for grouping in reports

	Dropped []Dropped // what the source holds and Kinde can't
}

// IdentityType is a kind of identity that createUser takes.
type IdentityType string

// The identity types of createUser.
const (
	Email    IdentityType = "email"
	Phone    IdentityType = "phone"
	Username IdentityType = "username"
)

// Identity is an e-mail address, a phone number or a username.
type Identity struct {
	Type      IdentityType
	Value     string // e-mail as written, phone in E.164, username as written
	CountryID string // phone only: ISO 3166 alpha-2 in lower case
	Verified  bool   // the source says so; never derived from anything else
}

// Link is a social or enterprise identity.
type Link struct {
	Enterprise bool
	Strategy   string // Kinde's name, "oauth2:google"; "" when none is known
	Connection string // Kinde's connection id when the mapping names one
	Provider   string // the source's name for it, "google-oauth2"
	Subject    string // the provider's id of the user
	Email      string // the address the provider knows, when the source tells
}

// KeyValue is a property or a feature flag override.
type KeyValue struct{ Key, Value string }

// Membership puts the user into an organization, with roles and permissions by key.
type Membership struct {
	Organization Organization
	Roles        []string
	Permissions  []string
}

// Organization names an organization as the source or the mapping does. One field is enough.
type Organization struct {
	Code       string // Kinde's org_… code
	ExternalID string // the source's id
	Name       string
}

// Dropped is a value that Kinde can't hold.
type Dropped struct {
	Field string
	Value Value
}
