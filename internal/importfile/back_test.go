package importfile

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// odd are people who have less or more than a format has room for.
func odd() []*mapping.User {
	with := func(id string, identities ...mapping.Identity) *mapping.User {
		return &mapping.User{SourceID: id, Identities: identities}
	}
	link := []mapping.Link{{Strategy: "oauth2:google", Subject: "1042"}}
	return []*mapping.User{
		with("phone", mapping.Identity{Type: mapping.Phone, Value: "+12025550141", Verified: true}),
		with("username", mapping.Identity{Type: mapping.Username, Value: "ana_p"}),
		{SourceID: "link", Links: link},
		{Links: link},
		{SourceID: "auth0|all", GivenName: "Ana", Picture: "https://example.com/a.png", Suspended: true, MFA: true, PasswordReset: true,
			Identities: []mapping.Identity{
				{Type: mapping.Email, Value: "all@example.com", Verified: true},
				{Type: mapping.Phone, Value: "+12025550142"},
				{Type: mapping.Username, Value: "all"},
			},
			Links: link, Flags: []mapping.KeyValue{{Key: "beta", Value: "true"}},
			Properties: []mapping.KeyValue{
				{Key: "blocked", Value: "x"},
				{Key: "nickname", Value: "An"},
				{Key: "plan", Value: "gold"},
				{Key: "user_metadata_theme", Value: "dark"},
			}},
	}
}

// TestFilesFitTheOtherSystems holds each file, with a hash of each method and people
// of each kind, against the schema of whom it is for, and names who has no place in it.
func TestFilesFitTheOtherSystems(t *testing.T) {
	hashes := append(bodies,
		&password.Body{HashedPassword: "$2y$12$" + strings.Repeat("a", 53), HashingMethod: "bcrypt"},
		&password.Body{HashedPassword: "$2x$12$" + strings.Repeat("a", 53), HashingMethod: "bcrypt"},
		&password.Body{HashedPassword: strings.Repeat("0f", 32), HashingMethod: "sha256"})
	for _, c := range []struct {
		format  Format
		schema  string
		max     int64
		lost    map[string]int64
		leftOut string
	}{
		{Auth0, "auth0.schema.json", 20_000, map[string]int64{
			"further e-mail addresses, phone numbers and usernames": 200, "password hashes (firebase-scrypt)": 20,
			"password hashes (aspnet-identity-v2)": 20, "password hashes (bcrypt)": 20,
			"social and enterprise identities": 1, "feature flags": 1, "second factors": 1, "requests for a new password": 1,
			"properties whose names Auth0 refuses":          1,
			"users: no e-mail address, which Auth0 demands": 4,
		}, "id,name,why\nphone,+12025550141,\"no e-mail address, which Auth0 demands\"\nusername,ana_p,\"no e-mail address, which Auth0 demands\"\n" +
			"link,,\"no e-mail address, which Auth0 demands\"\n,,\"no e-mail address, which Auth0 demands\"\n"},
		{SCIM, "scim.schema.json", 30_000, map[string]int64{
			"feature flags": 1, "second factors": 1, "requests for a new password": 1, "password hashes": 160,
			"users: no id and no address, one of which SCIM demands": 1,
		}, "id,name,why\n,,\"no id and no address, one of which SCIM demands\"\n"},
	} {
		t.Run(string(c.format), func(t *testing.T) {
			compiler := jsonschema.NewCompiler()
			compiler.AssertFormat()
			schema, err := compiler.Compile(filepath.Join("testdata", c.schema))
			if err != nil {
				t.Fatal(err)
			}
			w := New(t.TempDir(), c.format, c.max)
			defer w.Abort()
			put := func(u *mapping.User, b *password.Body) {
				if _, err := w.Put(u, b); err != nil {
					t.Fatal(err)
				}
			}
			for n := range 200 {
				put(person(n), hashes[n%len(hashes)])
			}
			for _, u := range odd() {
				put(u, nil)
			}
			shards, err := w.Commit()
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(w.Lost, c.lost) {
				t.Errorf("lost %v\nwant %v", w.Lost, c.lost)
			}
			for _, s := range shards {
				data, err := os.ReadFile(s.Path)
				if err != nil || int64(len(data)) != s.Bytes || s.Bytes > c.max && filepath.Ext(s.Path) == ".json" {
					t.Fatalf("%s: %d bytes, %v", s.Path, len(data), err)
				}
				switch filepath.Base(s.Path) {
				case MembershipsFile:
					continue
				case LeftOutFile:
					if string(data) != c.leftOut {
						t.Errorf("%s holds %q", s.Path, data)
					}
					continue
				}
				value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
				if err == nil {
					err = schema.Validate(value)
				}
				if err != nil {
					t.Errorf("%s: %v", s.Path, err)
				}
			}
			if len(shards) < 5 {
				t.Errorf("%d files", len(shards))
			}
		})
	}
}

// Memberships name their user by the id, else by the address, and are counted where neither is there.
func TestMembershipsNameTheirUser(t *testing.T) {
	in := []mapping.Membership{{Organization: mapping.Organization{ExternalID: "acme", Name: "Acme"}, Roles: []string{"admin"}}}
	w := New(t.TempDir(), Table, 0)
	defer w.Abort()
	for _, u := range []*mapping.User{
		{SourceID: "1", Memberships: in, Identities: []mapping.Identity{{Type: mapping.Email, Value: "ana@example.com"}}},
		{Memberships: in, Identities: []mapping.Identity{{Type: mapping.Username, Value: "bo_b"},
			{Type: mapping.Email, Value: "bo@example.com"}}},
		{Memberships: in, Identities: []mapping.Identity{{Type: mapping.Phone, Value: "+12025550141"}}},
	} {
		if _, err := w.Put(u, nil); err != nil {
			t.Fatal(err)
		}
	}
	shards, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(shards[len(shards)-1].Path)
	want := "user_id,email,organization_id,organization_name,roles,permissions\n1,,acme,Acme,admin,\n,bo@example.com,acme,Acme,admin,\n"
	if err != nil || string(data) != want || w.Lost["memberships of users without an id and an e-mail address"] != 1 {
		t.Errorf("%q, %v, lost %v", data, err, w.Lost)
	}
}

// Break the rules of each schema once.
func TestTheSchemasOfOtherSystemsRefuse(t *testing.T) {
	for file, bad := range map[string][]string{
		"auth0.schema.json": {
			`[{"user_id":"1","phone_number":"+12025550141"}]`, `[{"email":"a@example.com","roles":["x"]}]`,
			`[{"email":"a@example.com","user_id":"auth0|1"}]`,
			`[{"email":"a@example.com","app_metadata":{"blocked":"x"}}]`,
			`[{"email":"a@example.com","custom_password_hash":{"algorithm":"md5","hash":{"value":"5f4d","encoding":"utf8"}}}]`,
			`[{"email":"a@example.com","custom_password_hash":{"algorithm":"pbkdf2","hash":{"value":"$pbkdf2-sha256$i=1,l=1$YQ$YQ","encoding":"utf8"},"salt":{"value":"x"}}}]`,
		},
		"scim.schema.json": {`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"Resources":[{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1","active":true}],"totalResults":1,"startIndex":1,"itemsPerPage":1}`},
	} {
		schema, err := jsonschema.NewCompiler().Compile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range bad {
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
			if err != nil || schema.Validate(value) == nil {
				t.Errorf("%s takes %s (%v)", file, text, err)
			}
		}
	}
}
