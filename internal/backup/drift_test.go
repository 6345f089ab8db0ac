package backup

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
)

func TestEventsOfADifference(t *testing.T) {
	raw := func(text string) json.RawMessage { return json.RawMessage(text) }
	rules := []Rule{}
	for _, text := range []string{"role:admin added", "verified removed", "user removed", "suspension added", "definition removed"} {
		r, err := ParseRule(text)
		if err != nil || r.String() != text {
			t.Fatalf("%q: %v %v", text, r, err)
		}
		rules = append(rules, r)
	}
	d := NewDrift("https://acme.kinde.com", "2026-01-02T030405Z", time.Now(), rules)
	for _, x := range []Difference{
		{Kind: KindUsers, Change: "came", ID: "kp_1", Name: "eve@example.com",
			members: []tenant.Membership{{Code: "org_a", Roles: []string{"admin"}}}},
		{Kind: KindUsers, Change: "went", ID: "kp_2"},
		{Kind: KindUsers, Change: "changed", ID: "kp_3", Changes: []Change{
			{"organizations", raw(`[{"code":"org_a","roles":["member","editor"]},{"code":"org_b"}]`),
				raw(`[{"code":"org_a","roles":["member"],"permissions":["read"]}]`)},
			{"identities", raw(`[{"type":"email","value":"a@example.com","is_verified":true},{"type":"phone","value":"+12025550141"}]`),
				raw(`[{"type":"email","value":"a@example.com","is_verified":false},{"type":"username","value":"ana"}]`)},
			{"is_suspended", raw("true"), raw("false")}, {"first_name", raw("null"), raw(`"Ana"`)}}},
		{Kind: "roles", Change: "went", ID: "editor"},
	} {
		if err := d.events(&x); err != nil {
			t.Fatal(err)
		}
	}
	d.Sort()
	if d.Events[0].Text(true) != "role:admin added in org_a: eve@example.com (kp_1)" ||
		d.Events[0].Text(false) != "role:admin added in org_a: kp_1" {
		t.Errorf("new admins come first: %+v", d.Events[0])
	}
	for what, n := range map[string]int64{"user added": 1, "user removed": 1, "role added": 1, "role removed": 1, "permission added": 1,
		"organization added": 1, "organization removed": 1,
		"verified removed": 1, "identity added": 1, "identity removed": 1, "suspension removed": 1, "profile changed": 1,
		"definition removed": 1} {
		if d.Totals[what] != n {
			t.Errorf("%s: %d, want %d", what, d.Totals[what], n)
		}
	}
	if want := []string{"role:admin added", "user removed", "verified removed", "definition removed"}; !slices.Equal(d.Alerts, want) {
		t.Errorf("alerts %v, want %v", d.Alerts, want)
	}
}

// However many events there are, the worst are kept, all are counted, and rules see each.
func TestDriftKeepsTheWorst(t *testing.T) {
	rule, err := ParseRule("role:admin added")
	if err != nil {
		t.Fatal(err)
	}
	d := NewDrift("https://acme.kinde.com", "users.ndjson", time.Now(), []Rule{rule})
	for range 3 * maxEvents {
		d.Add(Event{Thing: "profile", Key: "picture", Change: "changed", UserID: "kp_1"})
	}
	d.Add(Event{Thing: "role", Key: "admin", Change: "added", SourceID: "7"})
	d.Sort()
	if len(d.Events) != maxEvents || !d.Cut || d.Totals["profile changed"] != 3*maxEvents ||
		d.Events[0].Text(false) != "role:admin added: 7" ||
		len(d.Alerts) != 1 {
		t.Errorf("%d events, cut %t, totals %v, first %+v, alerts %v", len(d.Events), d.Cut, d.Totals, d.Events[0], d.Alerts)
	}
}

func TestPostSendsJSON(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = r.Method + " " + r.Header.Get("Content-Type") + " " + string(body)
	}))
	defer server.Close()
	if err := Post(t.Context(), server.URL, []byte(`{"a":1}`), nil); err != nil || got != `POST application/json {"a":1}` {
		t.Errorf("%q %v", got, err)
	}
}

func TestParseRuleRefuses(t *testing.T) {
	for _, text := range []string{"", "role", "role:admin", "robot added", "role:admin came", "role:admin  "} {
		if r, err := ParseRule(text); err == nil {
			t.Errorf("%q became %v", text, r)
		}
	}
}
