// Package mapping turns the records of an identity provider's export into
// users, by the presets that kinde-migrate ships and by mapping files in the
// language of docs/mapping.md.
package mapping

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// Mapping is a compiled mapping. It is safe for concurrent use.
type Mapping struct{ m *mapping.Mapping }

// Presets returns the names of the presets.
func Presets() []string {
	var names []string
	for _, p := range mapping.Presets() {
		names = append(names, p.Name)
	}
	return names
}

// Preset returns the mapping of a provider: "auth0", "cognito" …
func Preset(name string) (*Mapping, error) {
	m, err := mapping.Preset(name)
	return &Mapping{m}, err
}

// Compile compiles a mapping file. An error names the line of what is wrong;
// name stands for the file in it.
func Compile(name string, yaml []byte) (*Mapping, error) {
	m, err := mapping.Load(name, yaml)
	return &Mapping{m}, err
}

// Map maps one record, a JSON object. The problems are those of the record: one
// that is an error rejects it. skip tells why the mapping leaves the record out,
// "" when it does not. The error says that the record is no JSON.
func (m *Mapping) Map(record []byte) (u importer.User, problems []importer.Problem, skip string, err error) {
	v, err := mapping.ParseJSON(string(record))
	if err != nil {
		return u, nil, "", fmt.Errorf("reading the record: %w", err)
	}
	r := m.m.Map(&mapping.Record{Number: 1, Line: 1, Fields: v}, nil)
	for _, p := range r.Problems {
		problems = append(
			problems,
			importer.Problem{Record: 1, Line: 1, SourceID: r.User.SourceID, Error: p.Severity == mapping.Error, Code: string(p.Code),
				Field: p.Field, Message: p.Message, Hint: p.Hint},
		)
	}
	if p := r.User.Password; p != nil && p.Body == nil {
		// Whoever imports the user can't see that there was one.
		problems = append(problems, importer.Problem{Record: 1, Line: 1, SourceID: r.User.SourceID, Code: string(mapping.PasswordUnsupported),
			Field: "password", Message: p.Reason, Hint: "The user is asked for a new password."})
	}
	if r.Filtered {
		r.Skip = "cut by the filter of the mapping"
	}
	return userOf(r.User), problems, r.Skip, nil
}

func userOf(u *mapping.User) importer.User {
	out := importer.User{ID: u.SourceID, GivenName: u.GivenName, FamilyName: u.FamilyName, Picture: u.Picture, ResetPassword: u.PasswordReset,
		Suspended: u.Suspended, Properties: pairs(u.Properties), Flags: pairs(u.Flags)}
	for _, i := range u.Identities {
		out.Identities = append(
			out.Identities,
			importer.Identity{Type: string(i.Type), Value: i.Value, Verified: i.Verified, Country: i.CountryID},
		)
	}
	for _, l := range u.Links {
		kind := l.Strategy
		if l.Enterprise {
			kind = "enterprise"
		} else if !strings.Contains(kind, ":") {
			kind = "oauth2:" + l.Provider
		}
		out.Identities = append(out.Identities, importer.Identity{Type: kind, Value: l.Subject, Connection: l.Connection})
	}
	if p := u.Password; p != nil && (p.Body == nil || u.PasswordStale) {
		out.ResetPassword = true
	} else if p != nil {
		b := p.Body
		out.Password = &importer.PasswordHash{Hash: b.HashedPassword, Method: b.HashingMethod, Salt: b.Salt, SaltPosition: b.SaltPosition,
			Iterations: b.Iterations, Variant: b.Variant, SignerKey: b.SignerKey, SaltSeparator: b.SaltSeparator, Rounds: b.Rounds,
			MemoryCost: b.MemCost}
	}
	for _, m := range u.Memberships {
		o := m.Organization
		out.Memberships = append(
			out.Memberships,
			importer.Membership{Organization: cmp.Or(o.Code, o.ExternalID, o.Name), Roles: m.Roles, Permissions: m.Permissions},
		)
	}
	return out
}

func pairs(list []mapping.KeyValue) map[string]string {
	if len(list) == 0 {
		return nil
	}
	out := make(map[string]string, len(list))
	for _, kv := range list {
		out[kv.Key] = kv.Value
	}
	return out
}
