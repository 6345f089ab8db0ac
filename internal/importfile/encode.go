package importfile

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// line is a user in the vendor's NDJSON.
type line struct {
	ID            string             `json:"id,omitempty"`
	FirstName     string             `json:"first_name,omitempty"`
	LastName      string             `json:"last_name,omitempty"`
	Identities    []lineIdentity     `json:"identities"`
	Password      *linePassword      `json:"password,omitempty"`
	Properties    []mappingPair      `json:"properties,omitempty"`
	Organizations []lineOrganization `json:"organizations,omitempty"`
}

type lineIdentity struct {
	Type     string `json:"type"`
	Identity string `json:"identity"`
	Verified *bool  `json:"is_verified,omitempty"`
}

type linePassword struct {
	Hash          string `json:"hashed_password"`
	Algorithm     string `json:"hashing_algorithm"`
	Salt          string `json:"salt,omitempty"`
	SaltFormat    string `json:"salt_format,omitempty"`
	SaltPosition  string `json:"salt_position,omitempty"`
	Variant       string `json:"variant,omitempty"`
	Iterations    int    `json:"iterations,omitempty"`
	SignerKey     string `json:"signer_key,omitempty"`
	SaltSeparator string `json:"salt_separator,omitempty"`
	Rounds        int    `json:"rounds,omitempty"`
	MemCost       int    `json:"mem_cost,omitempty"`
}

type mappingPair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type lineOrganization struct {
	ExternalID  string   `json:"external_id"`
	Roles       []string `json:"roles,omitempty"`
	Permissions []string `json:"permissions,omitempty"`
}

// saltFormat says how the salt is written; the salt of pbkdf2 is base64 always,
// and that of firebase-scrypt too, so the column stays empty there.
func saltFormat(b *password.Body) string {
	if b.Salt == "" || b.HashingMethod == "pbkdf2" || b.HashingMethod == "firebase-scrypt" {
		return ""
	}
	return "string"
}

func method(b *password.Body) string {
	if b.HashingMethod == "" {
		return "bcrypt"
	}
	return b.HashingMethod
}

func (w *Writer) ndjson(u *mapping.User, b *password.Body) ([]byte, error) {
	l := line{ID: u.SourceID, FirstName: u.GivenName, LastName: u.FamilyName}
	for _, i := range u.Identities {
		x := lineIdentity{Type: string(i.Type), Identity: i.Value}
		if i.Type != mapping.Username {
			x.Verified = &i.Verified
		}
		l.Identities = append(l.Identities, x)
	}
	if NDJSON.Password(b) {
		l.Password = &linePassword{
			Hash:          b.HashedPassword,
			Algorithm:     method(b),
			Salt:          b.Salt,
			SaltFormat:    saltFormat(b),
			SaltPosition:  b.SaltPosition,
			Variant:       b.Variant,
			Iterations:    b.Iterations,
			SignerKey:     b.SignerKey,
			SaltSeparator: b.SaltSeparator,
			Rounds:        b.Rounds,
			MemCost:       b.MemCost,
		}
	}
	for _, p := range u.Properties {
		l.Properties = append(l.Properties, mappingPair(p))
	}
	for _, m := range u.Memberships {
		if NDJSON.Membership(m.Organization) {
			l.Organizations = append(l.Organizations, lineOrganization{m.Organization.ExternalID, m.Roles, m.Permissions})
		}
	}
	return jsonLine(l)
}

// truth is how the vendor's table says yes and no.
var truth = map[bool]string{true: "TRUE", false: "FALSE"}

// columns of the vendor's table.
var columns = []string{"id", "email", "phone", "username", "first_name", "last_name", "email_verified", "phone_verified",
	"external_organization_id", "role_key", "permission_key", "hashed_password", "hashing_method", "salt", "salt_position", "salt_format",
	"iterations", "variant", "signer_key", "salt_separator", "rounds", "mem_cost"}

// csv writes one row for each organization of the user: a row with several could
// not say which role belongs to which.
func (w *Writer) csv(u *mapping.User, b *password.Body) ([]byte, error) {
	cells := map[string]string{"id": u.SourceID, "first_name": u.GivenName, "last_name": u.FamilyName}
	for _, i := range CSV.Identities(u.Identities) {
		cells[string(i.Type)] = i.Value
		if i.Type != mapping.Username {
			cells[string(i.Type)+"_verified"] = truth[i.Verified]
		}
	}
	if CSV.Password(b) {
		number := func(n int) string {
			if n == 0 {
				return ""
			}
			return strconv.Itoa(n)
		}
		for name, value := range map[string]string{"hashed_password": b.HashedPassword, "hashing_method": method(b), "salt": b.Salt,
			"salt_position": b.SaltPosition,
			"salt_format":   saltFormat(b), "iterations": number(b.Iterations), "variant": b.Variant, "signer_key": b.SignerKey,
			"salt_separator": b.SaltSeparator,
			"rounds":         number(b.Rounds), "mem_cost": number(b.MemCost)} {
			cells[name] = value
		}
	}
	var out bytes.Buffer
	table := csv.NewWriter(&out)
	row := func() error {
		list := make([]string, len(columns))
		for i, name := range columns {
			list[i] = cells[name]
		}
		return table.Write(list)
	}
	rows := 0
	for _, m := range u.Memberships {
		if !CSV.Membership(m.Organization) {
			continue
		}
		cells["external_organization_id"], cells["role_key"], cells["permission_key"] = m.Organization.ExternalID, strings.Join(
			m.Roles,
			",",
		), strings.Join(
			m.Permissions,
			",",
		)
		rows++
		if err := row(); err != nil {
			return nil, err
		}
	}
	if rows == 0 {
		if err := row(); err != nil {
			return nil, err
		}
	}
	table.Flush()
	return out.Bytes(), table.Error()
}
