package chaos

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// person is one user of the source, and all that the tenant should show of him.
type person struct {
	id, email, phone, username   string
	given, family, picture       string
	emailVerified, phoneVerified bool
	blocked                      bool
	plan                         string
	hash                         string
	google                       string
	member                       map[string][]string // organization's external id -> roles
}

const password = "Kite-and-Anchor-42"

// population invents n people of every kind that the importer treats in its
// own way: with and without password, blocked, social only, of one or more
// organizations.
func population(t *testing.T, n int) []person {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	people := make([]person, n)
	for i := range people {
		p := person{
			id:    fmt.Sprintf("auth0|%024x", i+1),
			email: fmt.Sprintf("person%05d@example.com", i), emailVerified: i%3 != 0,
			given: fmt.Sprintf("Given%d", i), family: "Żółć-" + fmt.Sprint(i%7),
			picture: fmt.Sprintf("https://example.com/%d.png", i),
			blocked: i%11 == 0, plan: []string{"", "free", "pro"}[i%3],
			member: map[string][]string{},
		}
		if i%4 == 0 {
			p.username = fmt.Sprintf("user_%d", i)
		}
		if i%5 == 0 && i < 10000 {
			p.phone, p.phoneVerified = fmt.Sprintf("+4479460%05d", i), i%2 == 0
		}
		if i%7 == 0 {
			p.google = fmt.Sprintf("1042%017d", i)
		}
		if i%10 != 3 {
			p.hash = string(hash)
		}
		if i%2 == 0 {
			p.member["ext-"+fmt.Sprint(i%5)] = []string{"editor"}
		}
		if i%6 == 0 {
			p.member["ext-9"] = []string{"viewer"}
		}
		if i%50 == 49 {
			// Nobody to look up by address: known by the social login alone.
			p = person{
				id:     fmt.Sprintf("google-oauth2|1099%017d", i),
				google: fmt.Sprintf("1099%017d", i),
				given:  "Only",
				family: fmt.Sprintf("Social %d", i),
				member: map[string][]string{},
			}
		}
		people[i] = p
	}
	return people
}

// write lays the people down as an Auth0 export, its hashes and a file of memberships.
func write(t *testing.T, dir string, people []person) {
	t.Helper()
	var users, hashes, members strings.Builder
	members.WriteString("user,organization,roles\n")
	for _, p := range people {
		u := map[string]any{
			"user_id":     p.id,
			"given_name":  p.given,
			"family_name": p.family,
			"blocked":     p.blocked,
			"created_at":  "2024-03-02T09:00:00.000Z",
			"updated_at":  "2024-03-02T09:00:00.000Z",
		}
		var identities []map[string]any
		if strings.HasPrefix(p.id, "auth0|") {
			identities = append(
				identities,
				map[string]any{
					"connection": "Username-Password-Authentication",
					"provider":   "auth0",
					"user_id":    strings.TrimPrefix(p.id, "auth0|"),
					"isSocial":   false,
				},
			)
		}
		if p.google != "" {
			identities = append(
				identities,
				map[string]any{"connection": "google-oauth2", "provider": "google-oauth2", "user_id": p.google, "isSocial": true},
			)
		}
		u["identities"] = identities
		if p.email != "" {
			u["email"], u["email_verified"] = p.email, p.emailVerified
		}
		if p.phone != "" {
			u["phone_number"], u["phone_verified"] = p.phone, p.phoneVerified
		}
		if p.username != "" {
			u["username"] = p.username
		}
		if p.picture != "" {
			u["picture"] = p.picture
		}
		if p.plan != "" {
			u["app_metadata"] = map[string]any{"plan": p.plan}
		}
		line(t, &users, u)
		if p.hash != "" {
			line(
				t,
				&hashes,
				map[string]any{
					"_id":          map[string]any{"$oid": strings.TrimPrefix(p.id, "auth0|")},
					"email":        p.email,
					"passwordHash": p.hash,
					"tenant":       "chaos",
					"connection":   "Username-Password-Authentication",
				},
			)
		}
		for _, org := range slices.Sorted(maps.Keys(p.member)) {
			fmt.Fprintf(&members, "%s,%s,%s\n", p.id, org, strings.Join(p.member[org], " "))
		}
	}
	for name, text := range map[string]string{"users.ndjson": users.String(), "passwords.ndjson": hashes.String(),
		"memberships.csv": members.String(), "define.yaml": definitions} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const definitions = `
organizations:
  - {code: org_000, name: Zero, external_id: ext-0}
  - {code: org_001, name: One, external_id: ext-1}
  - {name: Two, external_id: ext-2}
  - {name: Three, external_id: ext-3}
  - {name: Four, external_id: ext-4}
  - {name: Nine, external_id: ext-9}
roles:
  - {key: editor, name: Editor}
  - {key: viewer, name: Viewer}
flags:
  - {key: beta, name: Beta}
apis:
  - {audience: "https://api.example.com", scopes: ["read:logs"]}
`

func line(t *testing.T, b *strings.Builder, v any) {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(data)
	b.WriteByte('\n')
}

// verify compares the tenant with the people and returns what is wrong.
// organizations translates Kinde's codes to external ids.
func verify(people []person, users []sandbox.User, organizations map[string]string) []string {
	var wrong []string
	complain := func(who, format string, args ...any) { wrong = append(wrong, who+": "+fmt.Sprintf(format, args...)) }
	found := map[string]sandbox.User{}
	taken := map[string]string{}
	for _, u := range users {
		if _, twice := found[u.ProvidedID]; twice {
			complain(u.ProvidedID, "is there twice")
		}
		found[u.ProvidedID] = u
		for _, identity := range u.Identities {
			key := identity.Type + " " + strings.ToLower(identity.Value) + " " + identity.Connection
			if other, held := taken[key]; held {
				complain(u.ProvidedID, "shares the identity %s with %s", key, other)
			}
			taken[key] = u.ProvidedID
		}
	}
	for _, p := range people {
		u, ok := found[p.id]
		if !ok {
			complain(p.id, "is missing")
			continue
		}
		delete(found, p.id)
		if u.GivenName != p.given || u.FamilyName != p.family || u.Picture != p.picture {
			complain(p.id, "has the profile %q %q %q", u.GivenName, u.FamilyName, u.Picture)
		}
		if u.Suspended != p.blocked {
			complain(p.id, "suspended is %v, want %v", u.Suspended, p.blocked)
		}
		if got := u.Password != nil; got != (p.hash != "") {
			complain(p.id, "has a password: %v", got)
		}
		want := map[string]string{}
		if p.plan != "" {
			want["plan"] = p.plan
		}
		if !maps.Equal(u.Properties, want) {
			complain(p.id, "has the properties %v, want %v", u.Properties, want)
		}
		if got, want := identitiesOf(u), p.identities(); !slices.Equal(got, want) {
			complain(p.id, "has the identities %v, want %v", got, want)
		}
		got := map[string][]string{}
		for code, m := range u.Memberships {
			if external := organizations[code]; external != "" {
				got[external] = m.Roles
			}
		}
		if !maps.EqualFunc(got, p.member, slices.Equal) {
			complain(p.id, "has the memberships %v, want %v", got, p.member)
		}
	}
	for id := range found {
		complain(id, "is nobody of the source")
	}
	return wrong
}

func identitiesOf(u sandbox.User) []string {
	var out []string
	for _, i := range u.Identities {
		verified := i.Verified
		if i.Type != "email" && i.Type != "phone" {
			verified = false
		}
		kind := i.Type
		if i.Connection != "" {
			kind = "social"
		}
		out = append(out, fmt.Sprint(kind, " ", strings.ToLower(i.Value), " ", verified))
	}
	slices.Sort(out)
	return out
}

func (p person) identities() []string {
	var out []string
	if p.email != "" {
		out = append(out, fmt.Sprint("email ", p.email, " ", p.emailVerified))
	}
	if p.phone != "" {
		out = append(out, fmt.Sprint("phone ", p.phone, " ", p.phoneVerified))
	}
	if p.username != "" {
		out = append(out, fmt.Sprint("username ", p.username, " ", false))
	}
	if p.google != "" {
		out = append(out, fmt.Sprint("social ", p.google, " ", false))
	}
	slices.Sort(out)
	return out
}
