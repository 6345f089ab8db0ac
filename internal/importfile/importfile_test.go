package importfile

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// bodies is a hash of each method.
var bodies = []*password.Body{
	nil,
	{HashedPassword: "$2a$10$" + strings.Repeat("a", 53), HashingMethod: "bcrypt"},
	{HashedPassword: "5f4dcc3b5aa765d61d8327deb882cf99", HashingMethod: "md5", Salt: "pepper", SaltPosition: "prefix"},
	{HashedPassword: "aGFzaA==", HashingMethod: "pbkdf2", Salt: "c2FsdA==", Iterations: 24000, Variant: "salted-pbkdf2-hmac-sha256"},
	{
		HashedPassword: "aGFzaA==",
		HashingMethod:  "firebase-scrypt",
		Salt:           "c2FsdA==",
		SignerKey:      "a2V5",
		SaltSeparator:  "Bw==",
		Rounds:         8,
		MemCost:        14,
	},
	{HashedPassword: "AGFzcA==", HashingMethod: "aspnet-identity-v2"},
	{HashedPassword: "secret", HashingMethod: "bcrypt", Temporary: true},
}

func person(n int) *mapping.User {
	u := &mapping.User{SourceID: fmt.Sprintf("auth0|%d", n), GivenName: "Ana, \"A\"", FamilyName: "Żółć",
		Identities: []mapping.Identity{{Type: mapping.Email, Value: fmt.Sprintf("ana%d@example.com", n), Verified: n%2 == 0},
			{Type: mapping.Email, Value: fmt.Sprintf("second%d@example.com", n)}, {Type: mapping.Username, Value: fmt.Sprintf("ana_%d", n)}},
		Properties: []mapping.KeyValue{{Key: "plan", Value: "<gold>"}},
		Memberships: []mapping.Membership{
			{Organization: mapping.Organization{ExternalID: "a", Name: "Alpha"}, Roles: []string{"admin", "member"}},
			{Organization: mapping.Organization{ExternalID: "b"}},
		},
	}
	return u
}

// write makes shards of people and returns them.
func write(t *testing.T, format Format, people int, max int64) []Shard {
	t.Helper()
	w := New(t.TempDir(), format, max)
	defer w.Abort()
	for n := range people {
		if _, err := w.Put(person(n), bodies[n%len(bodies)]); err != nil {
			t.Fatal(err)
		}
	}
	shards, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return shards
}

// TestLinesFitTheDocumentedFormat holds each line, with a hash of each method,
// against a schema of the vendor's documented format, and each shard against its size.
func TestLinesFitTheDocumentedFormat(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("testdata", "ndjson.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	const people, most = 500, 40_000
	lines := 0
	shards := write(t, NDJSON, people, most)
	if len(shards) < 4 || filepath.Base(shards[len(shards)-1].Path) != OrganizationsFile {
		t.Fatalf("%+v", shards)
	}
	for _, s := range shards[:len(shards)-1] {
		data, err := os.ReadFile(s.Path)
		if err != nil || int64(len(data)) != s.Bytes || s.Bytes > most {
			t.Fatalf("%s: %d bytes, %v", s.Path, len(data), err)
		}
		for in := bufio.NewScanner(bytes.NewReader(data)); in.Scan(); lines++ {
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader(in.Bytes()))
			if err == nil {
				err = schema.Validate(value)
			}
			if err != nil {
				t.Fatalf("%s\n%v", in.Text(), err)
			}
			if strings.Contains(in.Text(), "secret") {
				t.Error("a temporary password went out as one for good")
			}
		}
	}
	if lines != people {
		t.Errorf("%d lines, want %d", lines, people)
	}
	// Break the rule once: a method's parameter beside another method.
	bad, _ := jsonschema.UnmarshalJSON(
		strings.NewReader(
			`{"identities":[{"type":"email","identity":"a@example.com"}],"password":{"hashed_password":"x","hashing_algorithm":"md5","variant":"salted-pbkdf2-hmac-sha256"}}`,
		),
	)
	if schema.Validate(bad) == nil {
		t.Error("the schema takes a variant beside md5")
	}
}

// TestTablesAreComplete reads the tables: each with its header, each user whole in one.
func TestTablesAreComplete(t *testing.T) {
	where := map[string]string{}
	rows := 0
	shards := write(t, CSV, 300, 30_000)
	for _, s := range shards[:len(shards)-1] {
		f, err := os.Open(s.Path)
		if err != nil {
			t.Fatal(err)
		}
		cells, err := csv.NewReader(f).ReadAll()
		f.Close()
		if err != nil || !slices.Equal(cells[0], columns) {
			t.Fatalf("%s: %v", s.Path, err)
		}
		for _, row := range cells[1:] {
			if was, known := where[row[0]]; known && was != s.Path {
				t.Errorf("%s is in %s and %s", row[0], was, s.Path)
			}
			where[row[0]] = s.Path
			rows++
		}
	}
	if len(where) != 300 || rows != 600 {
		t.Errorf("%d users in %d rows, want 300 in 600", len(where), rows)
	}
	data, err := os.ReadFile(shards[len(shards)-1].Path)
	if err != nil || string(data) != "name,id\nAlpha,a\nb,b\n" {
		t.Errorf("%q, %v", data, err)
	}
}

// TestOneUserTooLarge refuses a user whom no file can hold.
func TestOneUserTooLarge(t *testing.T) {
	w := New(t.TempDir(), NDJSON, 100)
	defer w.Abort()
	if _, err := w.Put(person(1), nil); err == nil {
		t.Error("a user of more bytes than a file may hold was taken")
	}
}
