package importfile

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// MembershipsFile is the name of the file of memberships, which import takes back
// with --memberships.
const MembershipsFile = "memberships.csv"

var memberColumns = []string{"user_id", "email", "organization_id", "organization_name", "roles", "permissions"}

// LeftOutFile is the name of the file of users whom the format can't hold.
const LeftOutFile = "left-out.csv"

// refuses tells why the format can't hold the user at all, "" where it can. Auth0
// demands an e-mail address, and SCIM a name to call the user by.
func (f Format) refuses(u *mapping.User) string {
	switch {
	case f == Auth0 && emailOf(u) == "":
		return "no e-mail address, which Auth0 demands"
	case f == SCIM && len(u.Identities) == 0 && u.SourceID == "":
		return "no id and no address, one of which SCIM demands"
	}
	return ""
}

// leaveOut names a user whom no file holds.
func (w *Writer) leaveOut(u *mapping.User, why string) error {
	name := ""
	if len(u.Identities) > 0 {
		name = u.Identities[0].Value
	}
	return w.row(LeftOutFile, []string{"id", "name", "why"}, u.SourceID, name, why)
}

// remember writes the user's memberships into the file beside the users.
func (w *Writer) remember(u *mapping.User) error {
	id, email := w.idOf(u), ""
	if id == "" {
		email = emailOf(u)
	}
	if id+email == "" {
		w.lose("memberships of users without an id and an e-mail address", len(u.Memberships))
		return nil
	}
	for _, m := range u.Memberships {
		o := m.Organization
		if err := w.row(MembershipsFile, memberColumns, id, email, cmp.Or(o.ExternalID, o.Code, o.Name), o.Name, strings.Join(m.Roles, ","),
			strings.Join(m.Permissions, ",")); err != nil {
			return err
		}
	}
	return nil
}

// emailOf is the first e-mail address of a user, "" without one.
func emailOf(u *mapping.User) string {
	for _, i := range u.Identities {
		if i.Type == mapping.Email {
			return i.Value
		}
	}
	return ""
}

func csvRow(cells ...string) ([]byte, error) {
	var out bytes.Buffer
	c := csv.NewWriter(&out)
	_ = c.Write(cells) // Flush tells
	c.Flush()
	return out.Bytes(), c.Error()
}

// idOf is the id under which the other system will know the user. Auth0 puts its
// own prefix before the ids that it imports.
func (w *Writer) idOf(u *mapping.User) string {
	if w.format == Auth0 {
		return strings.TrimPrefix(u.SourceID, "auth0|")
	}
	return u.SourceID
}

// lose counts what the format can't hold.
func (w *Writer) lose(what string, n int) {
	if n > 0 {
		w.Lost[what] += int64(n)
	}
}

// ones are the first e-mail address, phone number and username, which is what most
// systems hold of each.
func (w *Writer) ones(u *mapping.User) map[mapping.IdentityType]mapping.Identity {
	out := map[mapping.IdentityType]mapping.Identity{}
	for _, i := range CSV.Identities(u.Identities) {
		out[i.Type] = i
	}
	w.lose("further e-mail addresses, phone numbers and usernames", len(u.Identities)-len(out))
	return out
}

// rest counts what none of the formats holds.
func (w *Writer) rest(u *mapping.User) {
	w.lose("social and enterprise identities", len(u.Links))
	w.lose("feature flags", len(u.Flags))
	if u.PasswordReset {
		w.lose("requests for a new password", 1)
	}
	w.factors(u)
}

// factors counts second factors, whose secrets Kinde does not show.
func (w *Writer) factors(u *mapping.User) {
	if u.MFA {
		w.lose("second factors", 1)
	}
}

// auth0User is a user in Auth0's import schema.
type auth0User struct {
	UserID        string         `json:"user_id,omitempty"`
	Email         string         `json:"email,omitempty"`
	EmailVerified *bool          `json:"email_verified,omitempty"`
	PhoneNumber   string         `json:"phone_number,omitempty"`
	PhoneVerified *bool          `json:"phone_verified,omitempty"`
	Username      string         `json:"username,omitempty"`
	GivenName     string         `json:"given_name,omitempty"`
	FamilyName    string         `json:"family_name,omitempty"`
	Name          string         `json:"name,omitempty"`
	Nickname      string         `json:"nickname,omitempty"`
	Picture       string         `json:"picture,omitempty"`
	Blocked       bool           `json:"blocked,omitempty"`
	PasswordHash  string         `json:"password_hash,omitempty"`
	CustomHash    *auth0Hash     `json:"custom_password_hash,omitempty"`
	AppMetadata   map[string]any `json:"app_metadata,omitempty"`
	UserMetadata  map[string]any `json:"user_metadata,omitempty"`
}

type auth0Hash struct {
	Algorithm string     `json:"algorithm"`
	Hash      auth0Value `json:"hash"`
	Salt      *auth0Salt `json:"salt,omitempty"`
}

type auth0Value struct {
	Value    string `json:"value"`
	Encoding string `json:"encoding"`
}

type auth0Salt struct {
	Value    string `json:"value"`
	Encoding string `json:"encoding"`
	Position string `json:"position"`
}

// userMetadata begins the keys of properties that were user_metadata at Auth0.
const userMetadata = "user_metadata_"

// noAppMetadata are the names that Auth0 refuses in app_metadata.
var noAppMetadata = func() map[string]bool {
	out := map[string]bool{}
	for name := range strings.FieldsSeq("__tenant _id blocked clientID created_at email_verified email globalClientID global_client_id identities lastIP " +
		"lastLogin loginsCount metadata multifactor_last_modified multifactor updated_at user_id") {
		out[name] = true
	}
	return out
}()

func (w *Writer) auth0(u *mapping.User, b *password.Body) ([]byte, error) {
	ids := w.ones(u)
	w.rest(u)
	x := auth0User{
		UserID:     w.idOf(u),
		GivenName:  u.GivenName,
		FamilyName: u.FamilyName,
		Name:       strings.TrimSpace(u.GivenName + " " + u.FamilyName),
		Picture:    u.Picture,
		Blocked:    u.Suspended,
	}
	if i, ok := ids[mapping.Email]; ok {
		x.Email, x.EmailVerified = i.Value, &i.Verified
	}
	if i, ok := ids[mapping.Phone]; ok {
		x.PhoneNumber, x.PhoneVerified = i.Value, &i.Verified
	}
	x.Username = ids[mapping.Username].Value
	for _, p := range u.Properties {
		to, key := &x.AppMetadata, p.Key
		if inner, ok := strings.CutPrefix(key, userMetadata); ok {
			to, key = &x.UserMetadata, inner
		}
		switch {
		case p.Key == "nickname":
			x.Nickname = p.Value
			continue
		case to == &x.AppMetadata && noAppMetadata[key]:
			w.lose("properties whose names Auth0 refuses", 1)
			continue
		case *to == nil:
			*to = map[string]any{}
		}
		(*to)[key] = p.Value
	}
	w.auth0Password(&x, b)
	return jsonLine(x)
}

// auth0Password writes the hash in the way that Auth0 takes its kind.
func (w *Writer) auth0Password(x *auth0User, b *password.Body) {
	if b == nil || b.Temporary {
		return
	}
	switch m := method(b); {
	case m == "bcrypt" && (strings.HasPrefix(b.HashedPassword, "$2a$10$") || strings.HasPrefix(b.HashedPassword, "$2b$10$")):
		x.PasswordHash = b.HashedPassword
	case m == "bcrypt" && len(b.HashedPassword) > 4 && slices.Contains([]string{"$2a$", "$2b$", "$2y$"}, b.HashedPassword[:4]):
		x.CustomHash = &auth0Hash{Algorithm: "bcrypt", Hash: auth0Value{b.HashedPassword, "utf8"}}
	case m == "md5" || m == "sha256":
		x.CustomHash = &auth0Hash{Algorithm: m, Hash: auth0Value{b.HashedPassword, "hex"}}
		if b.Salt != "" {
			x.CustomHash.Salt = &auth0Salt{b.Salt, "utf8", cmp.Or(b.SaltPosition, "prefix")}
		}
	case m == "pbkdf2":
		if text := phc(b); text != "" {
			x.CustomHash = &auth0Hash{Algorithm: "pbkdf2", Hash: auth0Value{text, "utf8"}}
			return
		}
		fallthrough
	default:
		w.lose("password hashes ("+m+")", 1)
	}
}

// phc writes a pbkdf2 hash as the string format of the password hashing
// competition, "" where it does not parse.
func phc(b *password.Body) string {
	key, err := base64.StdEncoding.DecodeString(b.HashedPassword)
	salt, err2 := base64.StdEncoding.DecodeString(b.Salt)
	if err != nil || err2 != nil || b.Iterations <= 0 {
		return ""
	}
	digest := "sha256"
	if strings.Contains(b.Variant, "sha512") {
		digest = "sha512"
	}
	return fmt.Sprintf(
		"$pbkdf2-%s$i=%d,l=%d$%s$%s",
		digest,
		b.Iterations,
		len(key),
		base64.RawStdEncoding.EncodeToString(salt),
		base64.RawStdEncoding.EncodeToString(key),
	)
}

var tableColumns = []string{
	"id",
	"email",
	"email_verified",
	"phone",
	"phone_verified",
	"username",
	"given_name",
	"family_name",
	"picture",
	"suspended",
	"password_hash",
	"hashing_method",
	"salt",
	"salt_position",
	"salt_encoding",
	"iterations",
	"variant",
	"signer_key",
	"salt_separator",
	"rounds",
	"mem_cost",
	"properties",
}

func (w *Writer) table(u *mapping.User, b *password.Body) ([]byte, error) {
	ids := w.ones(u)
	w.rest(u)
	mark := func(kind mapping.IdentityType) string {
		if i, ok := ids[kind]; ok {
			return strconv.FormatBool(i.Verified)
		}
		return ""
	}
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	if b == nil || b.Temporary {
		b = &password.Body{}
	}
	hashing, encoding := "", ""
	if b.HashedPassword != "" {
		hashing = method(b)
	}
	if hashing == "pbkdf2" {
		encoding = "base64"
	} else if b.Salt != "" && hashing != "firebase-scrypt" {
		encoding = "text"
	}
	properties := ""
	if len(u.Properties) > 0 {
		all := map[string]string{}
		for _, p := range u.Properties {
			all[p.Key] = p.Value
		}
		data, err := json.Marshal(all)
		if err != nil {
			return nil, err
		}
		properties = string(data)
	}
	return csvRow(
		w.idOf(u),
		ids[mapping.Email].Value,
		mark(mapping.Email),
		ids[mapping.Phone].Value,
		mark(mapping.Phone),
		ids[mapping.Username].Value,
		u.GivenName,
		u.FamilyName,
		u.Picture,
		strconv.FormatBool(u.Suspended),
		b.HashedPassword,
		hashing,
		b.Salt,
		b.SaltPosition,
		encoding,
		number(b.Iterations),
		b.Variant,
		b.SignerKey,
		b.SaltSeparator,
		number(b.Rounds),
		number(b.MemCost),
		properties,
	)
}

// The schemas of a SCIM user. What SCIM has no attribute for stands in our own.
const (
	scimUser  = "urn:ietf:params:scim:schemas:core:2.0:User"
	scimKinde = "urn:ietf:params:scim:schemas:extension:kinde-migrate:2.0:User"
)

type scimResource struct {
	Schemas    []string     `json:"schemas"`
	ID         string       `json:"id"`
	ExternalID string       `json:"externalId,omitempty"`
	UserName   string       `json:"userName"`
	Name       *scimName    `json:"name,omitempty"`
	Display    string       `json:"displayName,omitempty"`
	Active     bool         `json:"active"`
	Emails     []scimMany   `json:"emails,omitempty"`
	Phones     []scimMany   `json:"phoneNumbers,omitempty"`
	Photos     []scimMany   `json:"photos,omitempty"`
	Kinde      *scimOwnPart `json:"urn:ietf:params:scim:schemas:extension:kinde-migrate:2.0:User,omitempty"`
}

type scimName struct {
	Given  string `json:"givenName,omitempty"`
	Family string `json:"familyName,omitempty"`
}

type scimMany struct {
	Value   string `json:"value"`
	Type    string `json:"type,omitempty"`
	Primary bool   `json:"primary,omitempty"`
}

// scimOwnPart holds what a SCIM user has no attribute for.
type scimOwnPart struct {
	Verified   []string          `json:"verified,omitempty"` // of the addresses and numbers
	Usernames  []string          `json:"usernames,omitempty"`
	Links      []scimLink        `json:"identities,omitempty"`
	Properties map[string]string `json:"properties,omitempty"`
	// NoUsername says that userName, which SCIM demands, is the id.
	NoUsername bool `json:"noUserName,omitempty"`
}

type scimLink struct {
	Provider   string `json:"provider"`
	Subject    string `json:"subject"`
	Email      string `json:"email,omitempty"`
	Enterprise bool   `json:"enterprise,omitempty"`
}

func (w *Writer) scim(u *mapping.User, b *password.Body) ([]byte, error) {
	own := &scimOwnPart{}
	x := scimResource{
		Schemas:    []string{scimUser},
		ExternalID: u.SourceID,
		Active:     !u.Suspended,
		Display:    strings.TrimSpace(u.GivenName + " " + u.FamilyName),
	}
	for _, i := range u.Identities {
		switch i.Type {
		case mapping.Email:
			x.Emails = append(x.Emails, scimMany{i.Value, "work", len(x.Emails) == 0})
		case mapping.Phone:
			x.Phones = append(x.Phones, scimMany{i.Value, "mobile", len(x.Phones) == 0})
		case mapping.Username:
			own.Usernames = append(own.Usernames, i.Value)
		}
		if i.Verified {
			own.Verified = append(own.Verified, i.Value)
		}
	}
	for _, l := range u.Links {
		own.Links = append(own.Links, scimLink{cmp.Or(l.Strategy, l.Provider), l.Subject, l.Email, l.Enterprise})
	}
	for _, p := range u.Properties {
		if own.Properties == nil {
			own.Properties = map[string]string{}
		}
		own.Properties[p.Key] = p.Value
	}
	if u.GivenName+u.FamilyName != "" {
		x.Name = &scimName{u.GivenName, u.FamilyName}
	}
	if u.Picture != "" {
		x.Photos = []scimMany{{u.Picture, "photo", true}}
	}
	switch {
	case len(own.Usernames) > 0:
		x.UserName, own.Usernames = own.Usernames[0], own.Usernames[1:]
	case len(x.Emails) > 0:
		x.UserName = x.Emails[0].Value
	case len(x.Phones) > 0:
		x.UserName = x.Phones[0].Value
	default:
		x.UserName, own.NoUsername = u.SourceID, true
	}
	x.ID = cmp.Or(u.SourceID, x.UserName) // the other system gives out its own
	if own.NoUsername || len(own.Verified)+len(own.Usernames)+len(own.Links)+len(own.Properties) > 0 {
		x.Kinde, x.Schemas = own, append(x.Schemas, scimKinde)
	}
	w.lose("feature flags", len(u.Flags))
	if u.PasswordReset {
		w.lose("requests for a new password", 1)
	}
	w.factors(u)
	if b != nil && !b.Temporary {
		w.lose("password hashes", 1) // SCIM takes passwords as people type them, and nothing else
	}
	return jsonLine(x)
}

func jsonLine(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return out.Bytes(), err
}
