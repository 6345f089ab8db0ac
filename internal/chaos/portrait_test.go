package chaos

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// portrait is what a tenant holds, without what differs between two tenants of
// the same history: ids that were drawn, and times.
func (s *tenant) portrait(t *testing.T) []string {
	t.Helper()
	opened := s.opened(t)
	var lines []string
	organizations := map[string]string{}
	for _, o := range definitionsOf(t, opened, "organizations") {
		organizations[fmt.Sprint(o["code"])] = fmt.Sprint(o["name"])
		lines = append(lines, fmt.Sprint("organization ", o["name"], " ", o["external_id"]))
		for _, address := range opened.Invites(fmt.Sprint(o["code"])) {
			lines = append(lines, fmt.Sprint("invited to ", o["name"], " ", address))
		}
	}
	for _, kind := range []string{"roles", "permissions", "properties", "feature_flags"} {
		for _, d := range definitionsOf(t, opened, kind) {
			lines = append(lines, fmt.Sprint(kind, " ", d["key"], " ", d["name"], " ", d["context"], " ", d["is_private"]))
		}
	}
	for _, u := range opened.Snapshot() {
		lines = append(lines, userLine(&u, organizations))
	}
	slices.Sort(lines)
	return lines
}

func userLine(u *sandbox.User, organizations map[string]string) string {
	var identities, members []string
	for _, i := range u.Identities {
		identities = append(identities, fmt.Sprint(i.Type, " ", strings.ToLower(i.Value), " ", i.Verified, " ", i.Connection))
	}
	for code, m := range u.Memberships {
		roles, permissions := slices.Sorted(slices.Values(m.Roles)), slices.Sorted(slices.Values(m.Permissions))
		members = append(members, fmt.Sprint(organizations[code], " ", roles, " ", permissions, " ", m.Scopes))
	}
	slices.Sort(identities)
	slices.Sort(members)
	secret := ""
	if u.Password != nil {
		secret = fmt.Sprintf("%+v", *u.Password)
	}
	pairs := func(m map[string]string) (out []string) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			out = append(out, key+"="+m[key])
		}
		return out
	}
	return fmt.Sprintf(
		"user %q %q %q %q suspended=%v reset=%v identities=%q properties=%q flags=%q members=%q password=%q",
		u.ProvidedID,
		u.GivenName,
		u.FamilyName,
		u.Picture,
		u.Suspended,
		u.PasswordResetRequested,
		identities,
		pairs(u.Properties),
		pairs(u.Flags),
		members,
		secret,
	)
}

// definitionsOf lists the definitions of a kind.
func definitionsOf(t *testing.T, opened *sandbox.Tenant, kind string) []map[string]any {
	t.Helper()
	client := &http.Client{Transport: sandbox.Transport(opened)}
	path := "/api/v1/" + kind + "?page_size=100&limit=100"
	if kind == "feature_flags" {
		path = "/api/v1/environment/feature_flags"
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, opened.BaseURL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+opened.Token())
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var page map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&page); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v %v", path, answer.StatusCode, page, err)
	}
	var out []map[string]any
	switch list := page[kind].(type) {
	case []any:
		for _, x := range list {
			out = append(out, x.(map[string]any))
		}
	case map[string]any:
		for key, x := range list {
			d := x.(map[string]any)
			d["key"] = key
			out = append(out, d)
		}
	}
	return out
}

// stranded reads the journal of a running tenant, which has a line for each
// change, and lists who had an identity and was without one at any instant.
func (s *tenant) stranded(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile(s.state)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	had := map[string]bool{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data)+1)
	for lines.Scan() {
		var change struct {
			Users []struct {
				ID         string            `json:"id"`
				Source     string            `json:"pid"`
				Identities []json.RawMessage `json:"i"`
			} `json:"users"`
		}
		if json.Unmarshal(lines.Bytes(), &change) != nil {
			continue // the line that is being written
		}
		for _, u := range change.Users {
			if len(u.Identities) > 0 {
				had[u.ID] = true
			} else if had[u.ID] {
				out = append(out, u.ID+" "+u.Source)
			}
		}
	}
	return out
}

// differences compares two portraits.
func differences(have, want []string) []string {
	count := map[string]int{}
	for _, x := range have {
		count[x]++
	}
	for _, x := range want {
		count[x]--
	}
	var out []string
	for _, x := range slices.Sorted(maps.Keys(count)) {
		switch n := count[x]; {
		case n > 0:
			out = append(out, fmt.Sprintf("%d too many: %s", n, x))
		case n < 0:
			out = append(out, fmt.Sprintf("%d missing: %s", -n, x))
		}
	}
	return out
}
