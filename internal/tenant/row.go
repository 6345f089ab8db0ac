package tenant

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Row is a user as an export or a backup holds it. Its JSON form is what the
// preset kinde-migrate reads; docs/backup.md describes it.
type Row struct {
	ID           string     `json:"id"` // Kinde's id in the tenant that was read
	ProvidedID   string     `json:"provided_id,omitempty"`
	Email        string     `json:"email,omitempty"` // the preferred one
	Phone        string     `json:"phone,omitempty"`
	Username     string     `json:"username,omitempty"`
	FirstName    string     `json:"first_name,omitempty"`
	LastName     string     `json:"last_name,omitempty"`
	Picture      string     `json:"picture,omitempty"`
	IsSuspended  bool       `json:"is_suspended"`
	CreatedOn    *time.Time `json:"created_on,omitempty"`
	LastSignedIn *time.Time `json:"last_signed_in,omitempty"`
	TotalSignIns int        `json:"total_sign_ins"`

	// A nil list was not asked for; an empty one means that there are none.
	Identities    []Identity        `json:"identities,omitzero"`
	Organizations []Membership      `json:"organizations,omitzero"`
	Properties    map[string]string `json:"properties,omitzero"`
	MFA           []Factor          `json:"mfa,omitzero"`
	Sessions      []Session         `json:"sessions,omitzero"`
	// SessionsCut tells that the tenant held some sessions back.
	SessionsCut bool `json:"sessions_cut,omitempty"`
	// DetailsOn is when what only a request for the user itself shows was read.
	DetailsOn *time.Time `json:"details_on,omitempty"`
}

// Name is what a person calls the user.
func (r *Row) Name() string {
	for _, s := range []string{r.Email, r.Phone, r.Username, strings.TrimSpace(r.FirstName + " " + r.LastName)} {
		if s != "" {
			return s
		}
	}
	return ""
}

// Identity is one way to sign in.
type Identity struct {
	Type         string `json:"type"` // email, phone, username, social, enterprise
	Value        string `json:"value"`
	ConnectionID string `json:"connection_id,omitempty"`
	// Connection says what the id means, since another tenant has other ids.
	Connection ConnectionRef `json:"connection,omitzero"`
	Verified   *bool         `json:"is_verified,omitempty"` // nil: not read
	Primary    *bool         `json:"is_primary,omitempty"`  // nil: not read
}

// ConnectionRef names a connection in any tenant.
type ConnectionRef struct {
	Strategy string `json:"strategy,omitempty"` // "oauth2:google"
	Name     string `json:"name,omitempty"`
}

// Membership is a user's place in an organization. Roles and permissions are
// keys; nil means that they were not read.
type Membership struct {
	Code        string   `json:"code,omitempty"`
	ExternalID  string   `json:"external_id,omitempty"`
	Name        string   `json:"name,omitempty"`
	Roles       []string `json:"roles,omitzero"`
	Permissions []string `json:"permissions,omitzero"` // given directly, not by a role
}

// Factor is a second factor. Its secret is not in Kinde's API.
type Factor struct {
	ID         string     `json:"id"`
	Type       string     `json:"type"`
	Name       string     `json:"name,omitempty"`
	IsVerified bool       `json:"is_verified"`
	CreatedOn  *time.Time `json:"created_on,omitempty"`
	LastUsedOn *time.Time `json:"last_used_on,omitempty"`
}

// Session is an active session.
type Session struct {
	ID        string     `json:"id"`
	OrgCode   string     `json:"org_code,omitempty"`
	ClientID  string     `json:"client_id,omitempty"`
	StartedOn *time.Time `json:"started_on,omitempty"`
	ExpiresOn *time.Time `json:"expires_on,omitempty"`
	IPAddress string     `json:"ip_address,omitempty"`
	UserAgent string     `json:"user_agent,omitempty"`
}

// Parts says what is read besides the profile.
type Parts struct {
	Identities, Organizations, Roles, Properties bool
	// Each of these costs a request for every user.
	Verified, MFA, Sessions bool
	// Permissions are those given directly. They cost a request for each
	// permission and page of members, or for each membership, whichever is less.
	Permissions bool
}

// DefaultParts is what an export holds unless told otherwise.
var DefaultParts = []string{"identities", "organizations", "roles", "properties"}

// PartNames lists what ParseParts knows.
var PartNames = []string{"identities", "organizations", "roles", "properties", "permissions", "verified", "mfa", "sessions"}

// ParseParts reads names of parts, each of which may be a list with commas.
func ParseParts(names []string) (Parts, error) {
	var p Parts
	for _, list := range names {
		for name := range strings.SplitSeq(list, ",") {
			switch strings.TrimSpace(name) {
			case "":
			case "identities":
				p.Identities = true
			case "organizations":
				p.Organizations = true
			case "roles":
				p.Roles, p.Organizations = true, true
			case "permissions":
				p.Permissions, p.Roles, p.Organizations = true, true, true
			case "properties":
				p.Properties = true
			case "verified":
				p.Verified, p.Identities = true, true
			case "mfa":
				p.MFA = true
			case "sessions":
				p.Sessions = true
			default:
				return p, fmt.Errorf("unknown part %q; use %s", name, strings.Join(PartNames, ", "))
			}
		}
	}
	return p, nil
}

// String names the parts, as ParseParts reads them.
func (p Parts) String() string {
	var names []string
	for i, on := range []bool{p.Identities, p.Organizations, p.Roles, p.Properties, p.Permissions, p.Verified, p.MFA, p.Sessions} {
		if on {
			names = append(names, PartNames[i])
		}
	}
	return strings.Join(names, ",")
}

// perUser tells whether a request is needed for each user.
func (p Parts) perUser() bool { return p.Verified || p.MFA || p.Sessions }

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// profile fills a row from what the listings say. found is search's view,
// listed GET /users' one; either may be nil.
func (p Parts) profile(found, listed *kinde.User) *Row {
	u := listed
	if u == nil {
		u = found
	}
	r := &Row{
		ID: u.ID, ProvidedID: u.ProvidedID, Email: u.Email, Phone: u.Phone, Username: u.Username,
		FirstName: u.FirstName, LastName: u.LastName, Picture: u.Picture, IsSuspended: u.IsSuspended,
		CreatedOn: moment(u.CreatedOn), LastSignedIn: moment(u.LastSignedIn), TotalSignIns: u.TotalSignIns,
	}
	if p.Identities {
		r.Identities = identitiesOf(u, found)
	}
	if p.Properties {
		r.Properties = map[string]string{}
		if found != nil {
			r.Properties = found.Properties
		}
	}
	return r
}

// identitiesOf lists the identities of u, and those of search's view that u
// lacks only because it was read without them.
func identitiesOf(u, found *kinde.User) []Identity {
	from := u.Identities
	if len(from) == 0 && found != nil {
		from = found.Identities
	}
	out := make([]Identity, 0, len(from)+1)
	for _, i := range from {
		x := Identity{Type: i.Kind(), Value: i.Identity, ConnectionID: i.ConnectionID}
		if strings.Contains(i.Type, ":") {
			x.Connection.Strategy = i.Type
		}
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	// Some answers leave the primary identities to the profile's own fields.
	for _, own := range []Identity{{Type: kinde.IdentityEmail, Value: u.Email}, {Type: kinde.IdentityPhone, Value: u.Phone},
		{Type: kinde.IdentityUsername, Value: u.Username}} {
		if own.Value != "" && !hasIdentity(out, own) {
			out = append(out, own)
		}
	}
	slices.SortStableFunc(out, func(a, b Identity) int { return rank(a, u) - rank(b, u) })
	return out
}

// hasIdentity tells whether the list holds the value already; an enterprise
// user's e-mail address is that of the enterprise identity.
func hasIdentity(list []Identity, x Identity) bool {
	return slices.ContainsFunc(list, func(y Identity) bool {
		return compare.Fold(x.Type, y.Value) == compare.Fold(x.Type, x.Value) && (y.Type == x.Type || y.Type == kinde.IdentityEnterprise) ||
			y.Type == kinde.IdentityEnterprise && x.Type == kinde.IdentityEmail
	})
}

// rank puts the preferred value of each type first, since a restore makes the
// first identity of a type the primary one.
func rank(i Identity, u *kinde.User) int {
	switch {
	case i.Type == kinde.IdentityEmail && i.Value == u.Email,
		i.Type == kinde.IdentityPhone && i.Value == u.Phone,
		i.Type == kinde.IdentityUsername && i.Value == u.Username:
		return 0
	}
	return 1
}

// marshal writes JSON without making text unreadable for the sake of browsers.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
