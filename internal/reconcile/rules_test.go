package reconcile

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// A record has one class, by the source, by the checkpoint, and by what the tenant shows.
func TestClassify(t *testing.T) {
	same := compare.User{GivenName: "Ana"}
	for name, c := range map[string]struct {
		c        candidate
		repair   bool
		class    Class
		reported string
		code     string
	}{
		"as it should be":             {candidate{have: []byte("{}")}, false, Match, "", ""},
		"nobody there":                {candidate{}, false, Missing, "", ""},
		"nobody there, another's id":  {candidate{Finding: Finding{other: "kp_9"}}, false, Missing, "", "IDENTITY_TAKEN"},
		"as it should be, so said":    {candidate{have: []byte("{}"), Finding: Finding{Code: "C", other: "kp_9"}}, false, Match, "", ""},
		"rejected by the source":      {candidate{state: rejected, Finding: Finding{Code: "C"}}, false, Explained, "rejected", "C"},
		"left out by the source":      {candidate{state: skipped, have: []byte("{}")}, false, Explained, "skipped", ""},
		"skipped by the import":       {candidate{outcome: checkpoint.Skipped, have: []byte("{}")}, false, Explained, "skipped", ""},
		"skipped by the import, gone": {candidate{outcome: checkpoint.Skipped, Finding: Finding{Code: "C"}}, false, Missing, "", ""},
		"rejected by the import":      {candidate{outcome: checkpoint.Rejected}, false, Explained, "rejected", ""},
		"deleted":                     {candidate{outcome: checkpoint.Deleted}, true, Explained, "deleted", ""},
		"failed, and not there":       {candidate{outcome: checkpoint.Failed}, false, Explained, "failed", ""},
		"failed, to be repaired":      {candidate{outcome: checkpoint.Failed}, true, Missing, "", ""},
		"failed, and there all right": {candidate{outcome: checkpoint.Failed, have: []byte("{}")}, false, Match, "", ""},
		"keeps what the source lacks": {candidate{outcome: keeps, have: []byte("{}"), Finding: Finding{Code: "K"}}, false,
			Explained, "kept", "K"},
		"keeps it, and is not there": {candidate{outcome: keeps}, false, Missing, "", ""},
	} {
		r := &reconciler{opt: Options{Repair: c.repair}}
		c.c.want, c.c.mate.User = same, same
		r.classify(&c.c)
		if c.c.Class != c.class || c.c.Reported != c.reported || c.c.Code != c.code {
			t.Errorf("%s: %s, reported %q, code %q", name, c.c.Class, c.c.Reported, c.c.Code)
		}
		x := r.result
		if x.Matched+x.Missing+x.Different+x.Explained != 1 || (x.Matched == 1) != (c.class == Match) ||
			(x.Missing == 1) != (c.class == Missing) ||
			(x.Explained == 1) != (c.class == Explained) {
			t.Errorf("%s is counted as %+v", name, x)
		}
	}
	// Differences that nobody asked to compare are beyond, unless a flag was raised.
	for name, c := range map[string]struct {
		want, have  bool
		signed      bool
		deep, lost  bool
		differences int
		beyond      int
	}{
		"a state that was lost":            {true, false, false, true, false, 1, 0},
		"a state that was lost, not asked": {true, false, false, false, false, 0, 0},
		"a state that the import lost":     {true, false, false, true, true, 0, 0},
		"a flag that was raised":           {false, true, false, true, false, 1, 0},
		"an address that was proved":       {false, true, true, true, false, 0, 1},
	} {
		r := &reconciler{}
		x := candidate{have: []byte("{}"), deep: c.deep, lost: c.lost, outcome: checkpoint.Failed}
		x.opt(c.want, c.have, c.signed)
		r.opt.Repair = true
		r.classify(&x)
		if len(x.Differences) != c.differences || len(x.beyond) != c.beyond || (x.Class == Different) != (c.differences > 0) ||
			(r.result.Different == 1) != (c.differences > 0) {
			t.Errorf("%s: %s, %v, beyond %v", name, x.Class, x.Differences, x.beyond)
		}
	}
	for class, sign := range map[Class]string{Match: "=", Missing: "+", Different: "*", Unexpected: "-", Older: "-", Explained: "!"} {
		if class.Sign() != sign {
			t.Errorf("%s is marked %s", class, class.Sign())
		}
	}
}

// opt gives both sides an address, verified or not.
func (c *candidate) opt(want, have, signed bool) {
	of := func(verified bool) []compare.Identity {
		return []compare.Identity{{Kind: "email", Value: "ana@example.com", Verified: verified}}
	}
	c.want.Identities, c.mate.Identities, c.mate.SignedIn = of(want), of(have), signed
}

// Verified states are those of the same identity, whatever its letters.
func TestWithVerified(t *testing.T) {
	got := withVerified([]compare.Identity{{Kind: "email", Value: "Ana@example.com"}, {Kind: "username", Value: "ana@example.com"},
		{Kind: "phone", Value: "+15550100", Verified: true}},
		[]compare.Identity{{Kind: "email", Value: "ana@example.com", Verified: true}, {Kind: "phone", Value: "+15550100"},
			{Kind: "email", Value: "bea@example.com", Verified: true}})
	want := []compare.Identity{{Kind: "email", Value: "Ana@example.com", Verified: true}, {Kind: "username", Value: "ana@example.com"},
		{Kind: "phone", Value: "+15550100", Verified: true}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// What is kept of a row: where it is, what the source makes of it, and nobody's hash.
func TestKeep(t *testing.T) {
	at := intake.Position{Number: 3, Line: 4}
	hash := &password.Password{Encoding: "bcrypt", Reason: "weak", Body: &password.Body{}}
	user := &mapping.User{SourceID: "1", Password: hash, Dropped: []mapping.Dropped{{}}}
	key := intake.Key{Kind: intake.KeyEmail, Value: "ana@example.com"}
	warning := mapping.Problem{Severity: mapping.Warning, Code: "W", Message: "w"}
	wrong := []mapping.Problem{warning, {Severity: mapping.Error, Code: "E", Message: "e"}, {Severity: mapping.Error, Code: "F"}}
	for name, c := range map[string]struct {
		item         intake.Item
		state        state
		code, reason string
		user         bool
	}{
		"used":                      {intake.Item{User: user, Problems: wrong}, wanted, "", "", true},
		"skipped":                   {intake.Item{Disposition: intake.Skip, Reason: "by a filter", User: user}, skipped, "", "by a filter", true},
		"skipped without a reason":  {intake.Item{Disposition: intake.Skip}, skipped, "", "left out by the source or the mapping", false},
		"rejected":                  {intake.Item{Disposition: intake.Reject, Problems: wrong}, rejected, "E", "e", false},
		"rejected without a reason": {intake.Item{Disposition: intake.Reject}, rejected, "RECORD_MALFORMED", "the record can't be used", false},
		"rejected, with a warning": {intake.Item{Disposition: intake.Reject, Problems: wrong[:1]}, rejected, "RECORD_MALFORMED",
			"the record can't be used", false},
	} {
		c.item.Position, c.item.Key = at, key
		k, err := keep(&c.item)
		if err != nil || !reflect.DeepEqual(k.at, at) || k.state != c.state || k.key != key.Kind.String()+"\x00ana@example.com" ||
			k.code != c.code ||
			k.reason != c.reason || (k.user != nil) != c.user {
			t.Errorf("%s is kept as %+v, %v", name, k, err)
		}
		if !c.user {
			continue
		}
		var u mapping.User
		if err := json.Unmarshal(k.user, &u); err != nil {
			t.Fatal(err)
		}
		if u.Password == nil || u.Password.Encoding != "bcrypt" || u.Password.Reason != "weak" || u.Password.Body == nil || u.Dropped != nil ||
			u.SourceID != "1" {
			t.Errorf("%s: its user is kept as %s", name, k.user)
		}
	}
	if user.Dropped == nil || user.Password != hash {
		t.Error("keeping a user changes it")
	}
	k, err := keep(&intake.Item{User: &mapping.User{Password: &password.Password{Encoding: "none"}}})
	var u mapping.User
	if err := errors.Join(err, json.Unmarshal(k.user, &u)); err != nil || u.Password.Body != nil {
		t.Errorf("a password without a body has one: %s, %v", k.user, err)
	}
}

// What a later row corrects counts as it is now, and rows that are none don't count.
func TestRecordsAreCounted(t *testing.T) {
	s, err := openStage(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var told []string
	names := importer.NewNames()
	v := &recorder{ctx: t.Context(), stage: s, names: names, progress: func(stage string, done, total int64) {
		told = append(told, fmt.Sprint(stage, " ", done, " ", total))
	}}
	item := func(n int64, d intake.Disposition, role string) intake.Item {
		return intake.Item{Position: intake.Position{Number: n}, Disposition: d, User: &mapping.User{
			Memberships: []mapping.Membership{{Organization: mapping.Organization{Code: "org_a"}, Roles: []string{role}}}}}
	}
	add := func(i intake.Item) {
		if err := v.Add(i); err != nil {
			t.Fatal(err)
		}
	}
	replace := func(old, now intake.Item) {
		if err := v.Replace(old, now); err != nil {
			t.Fatal(err)
		}
	}
	add(item(1, intake.Use, "a"))
	add(item(2, intake.Filtered, "b"))
	add(item(3, intake.PartOf, "b"))
	add(item(4, intake.Use, "c"))
	add(item(5, intake.Use, "d"))
	add(item(6, intake.Reject, "e"))
	replace(item(4, intake.Use, "c"), item(4, intake.Reject, "c"))
	replace(item(5, intake.Use, "d"), item(5, intake.PartOf, "d"))
	replace(item(6, intake.Reject, "e"), item(6, intake.Use, "f"))
	for n := int64(7); n < 7+pageOf; n++ {
		add(item(n, intake.Skip, "g"))
	}
	flushed := len(v.buffer)
	if err := v.flush(); err != nil {
		t.Fatal(err)
	}
	if err := v.flush(); err != nil { // nothing is left
		t.Fatal(err)
	}
	var numbers, states []int
	rows, err := s.Query(`SELECT number, state FROM record WHERE number < 8 ORDER BY number`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var n, state int
		if err := rows.Scan(&n, &state); err != nil {
			t.Fatal(err)
		}
		numbers, states = append(numbers, n), append(states, state)
	}
	if want := []int{1, 4, 6, 7}; v.records != 3+pageOf || flushed != 1 || !slices.Equal(numbers, want) ||
		!slices.Equal(states, []int{int(wanted), int(rejected), int(wanted), int(skipped)}) {
		t.Errorf("%d records, %d left, numbers %v, states %v", v.records, flushed, numbers, states)
	}
	if want := []string{"Reading the source 4 0", "Reading the source 4 0", "Reading the source 502 0",
		"Reading the source 503 0"}; !slices.Equal(told, want) {
		t.Errorf("%q, want %q", told, want)
	}
	roles := importer.NewNames()
	for _, role := range []string{"a", "f"} {
		roles.Add(item(0, intake.Use, role).User, 1)
	}
	if !reflect.DeepEqual(names, roles) {
		t.Errorf("the names are %+v, want %+v", names, roles)
	}
}

// What the tenant shows of a user, in the comparison's terms, and by what he is found.
func TestShownUser(t *testing.T) {
	signed := time.Unix(1, 0)
	row := func(change func(*tenant.Row)) *tenant.Row {
		r := &tenant.Row{ID: "kp_1", ProvidedID: "1", FirstName: "Ana", LastName: "Tester", Picture: "p", IsSuspended: true,
			Properties: map[string]string{"plan": "gold"}, Organizations: []tenant.Membership{{Code: "org_a", Roles: []string{"admin"}}}}
		change(r)
		return r
	}
	base := compare.User{ID: "kp_1", ProvidedID: "1", GivenName: "Ana", FamilyName: "Tester", Picture: "p", Suspended: true,
		Properties: map[string]string{"plan": "gold"}, Organizations: map[string][]string{"org_a": {"admin"}}}
	for name, c := range map[string]struct {
		row        *tenant.Row
		identities []compare.Identity
		known, in  bool
	}{
		"nothing besides":   {row(func(*tenant.Row) {}), nil, true, false},
		"who signed in":     {row(func(r *tenant.Row) { r.LastSignedIn = &signed }), nil, true, true},
		"who did some time": {row(func(r *tenant.Row) { r.TotalSignIns = 1 }), nil, true, true},
		"a link": {row(func(r *tenant.Row) { r.Identities = []tenant.Identity{{Type: "social", Value: "7", ConnectionID: "c"}} }),
			[]compare.Identity{{Kind: "social", Value: "7", Connection: "c"}}, true, false},
		"a link to nowhere": {row(func(r *tenant.Row) { r.Identities = []tenant.Identity{{Type: "social", Value: "7"}} }),
			[]compare.Identity{{Kind: "social", Value: "7"}}, false, false},
		"an enterprise's": {row(func(r *tenant.Row) { r.Identities = []tenant.Identity{{Type: "enterprise", Value: "7"}} }),
			[]compare.Identity{{Kind: "enterprise", Value: "7"}}, false, false},
		"primary ones alone": {row(func(r *tenant.Row) { r.Email, r.Phone, r.Username = "a@example.com", "+15550100", "ana" }),
			[]compare.Identity{{Kind: "email", Value: "a@example.com"}, {Kind: "phone", Value: "+15550100"}, {Kind: "username", Value: "ana"}},
			true, false},
		"a primary one that is listed": {row(func(r *tenant.Row) {
			r.Email, r.Username = "a@example.com", "a@example.com"
			r.Identities = []tenant.Identity{{Type: "email", Value: "A@example.com"}}
		}), []compare.Identity{{Kind: "email", Value: "A@example.com"}, {Kind: "username", Value: "a@example.com"}}, true, false},
	} {
		want := shown{User: base, Connections: c.known, SignedIn: c.in}
		want.Identities = c.identities
		if got := shownUser(c.row); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	got := keysOf("kp_1", "1", []compare.Identity{{Kind: "email", Value: "Ana@example.com"}, {Kind: "phone", Value: "+15550100"},
		{Kind: "username", Value: "Ana"}, {Kind: "social", Value: "7"}, {Kind: "email"}})
	want := []foundBy{{byKindeID, "kp_1"}, {byProvidedID, "1"}, {byEmail, "ana@example.com"}, {byPhone, compare.Fold("phone", "+15550100")},
		{byUsername, compare.Fold("username", "Ana")}}
	if !slices.Equal(got, want) || addressed(got[:2]) || !addressed(got[2:3]) || len(keysOf("", "", nil)) != 0 {
		t.Errorf("%v, want %v", got, want)
	}
	if sorted := slices.Compact(slices.Sorted(slices.Values(ranks))); len(sorted) != 10 || sorted[9] != asExplained+byUsername ||
		ranks[5] != asExplained {
		t.Errorf("the ranks are %v", ranks)
	}
}

// A repair comes back as it was put, those that need none are not among them.
func TestRepairsComeBack(t *testing.T) {
	r, err := NewRepairs(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	mate := shown{User: compare.User{ID: "kp_1", ProvidedID: "1", GivenName: "Ana", FamilyName: "Tester", Picture: "p", Suspended: true,
		Identities: []compare.Identity{{Kind: "social", Value: "7", Connection: "c"}}, Organizations: map[string][]string{"org_a": nil}}}
	for _, f := range []Finding{
		{Class: Match, key: "id\x001"}, {Class: Explained}, {Class: Unexpected}, {Class: Older},
		{Class: Missing, key: intake.KeyContent.String() + "\x00abc", other: "kp_9", mate: mate},
		{Class: Different, key: intake.KeyEmail.String() + "\x00a@example.com", mate: mate,
			Differences: []compare.Difference{{Field: "email.verified"}, {Field: "picture"}}},
		{Class: Different, key: intake.KeyID.String() + "\x002", Differences: []compare.Difference{{Field: "email.verified"}}},
	} {
		if err := r.Add(&f); err != nil {
			t.Fatal(err)
		}
	}
	want := []importer.Repair{
		{Key: intake.Key{Kind: intake.KeyContent, Value: "abc"}, Other: "kp_9"},
		{Key: intake.Key{Kind: intake.KeyEmail, Value: "a@example.com"}, Fields: []string{"picture"}, Shown: &kinde.User{ID: "kp_1",
			ProvidedID: "1",
			FirstName:  "Ana", LastName: "Tester", Picture: "p", IsSuspended: true, Organizations: []string{"org_a"},
			Identities: []kinde.UserIdentity{{Type: "social", Identity: "7", ConnectionID: "c"}}}},
	}
	for range 2 { // they are read as often as somebody asks
		var got []importer.Repair
		for x, err := range r.All() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, x)
		}
		a, _ := json.Marshal(got)
		if b, _ := json.Marshal(want); string(a) != string(b) || r.Count != 2 {
			t.Errorf("%d repairs: %s, want %s", r.Count, a, b)
		}
	}
	for range r.All() {
		break
	}
	if _, err := r.out.WriteString("{\n"); err != nil {
		t.Fatal(err)
	}
	var last error
	for _, err := range r.All() {
		last = err
	}
	if last == nil || !strings.HasPrefix(last.Error(), "reading the repairs: ") {
		t.Errorf("a line that is cut: %v", last)
	}
}

// What a finding is called in the words of a drift.
func TestTell(t *testing.T) {
	mate := shown{User: compare.User{GivenName: "Ana", FamilyName: "Tester", Organizations: map[string][]string{"org_a": {"admin"},
		"org_d": {"member"}}}}
	want := compare.User{Organizations: map[string][]string{"org_a": {"member"}}}
	for name, c := range map[string]struct {
		f    Finding
		want []string
	}{
		"missing": {Finding{Class: Missing}, []string{"user removed"}},
		"older":   {Finding{Class: Older}, nil},
		"unexpected": {Finding{Class: Unexpected, mate: mate},
			[]string{"organization org_a added", "role admin added in org_a", "role member added in org_d", "user added"}},
		"raised":     {with("email.verified", "false", "true"), []string{"verified email added"}},
		"lost":       {with("phone.verified", "true", "false"), []string{"verified phone removed"}},
		"suspended":  {with("is_suspended", "false", "true"), []string{"suspension added"}},
		"taken up":   {with("is_suspended", "true", "false"), []string{"suspension removed"}},
		"an address": {with("email", "a@example.com", ""), []string{"identity email removed"}},
		"another":    {with("social", "", "7"), []string{"identity social added"}},
		"a property": {with("properties.plan", "gold", "silver"), []string{"profile properties changed"}},
		"a name":     {with("given_name", "Ana", "Bea"), []string{"profile first_name changed"}},
		"a surname":  {with("family_name", "Ana", "Bea"), []string{"profile last_name changed"}},
		"roles":      {with("roles.org_a", "a,b", "b,c"), []string{"role a removed in org_a", "role c added in org_a"}},
		"who left":   {with("organizations.org_a", "member", ""), []string{"organization org_a removed", "role member removed in org_a"}},
	} {
		w := &watch{Drift: backup.NewDrift("https://a", "a", time.Now(), nil), everybodys: "org_d"}
		w.Source = &backup.Compared{Explained: map[string]int64{}}
		c.f.mate, c.f.want, c.f.Record, c.f.KindeID, c.f.SourceID = mate, want, 3, "kp_1", "usr_1"
		if err := w.tell(c.f); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range w.Events {
			text := strings.TrimSpace(e.Thing+" "+e.Key) + " " + e.Change
			if e.In != "" {
				text += " in " + e.In
			}
			got = append(got, text)
			if e.UserID != "kp_1" || e.Record != 3 || e.SourceID != "usr_1" || e.Name != "Ana Tester" {
				t.Errorf("%s: it is said of %+v", name, e)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	w := &watch{Drift: backup.NewDrift("https://a", "a", time.Now(), nil)}
	w.Source = &backup.Compared{Explained: map[string]int64{}}
	beyond := with("properties.plan", "gold", "silver")
	beyond.Differences = append(beyond.Differences, compare.Difference{Field: "properties.city", Expected: "x"})
	beyond.beyond = []compare.Difference{{Field: "properties.shoe", Actual: "44", Extra: true}, {Field: "is_suspended", Actual: "true",
		Extra: true}}
	beyond.SourceID = "ana@example.com"
	if err := errors.Join(w.tell(beyond), w.tell(Finding{Class: Explained, Reported: "skipped"})); err != nil {
		t.Fatal(err)
	}
	// A profile is told once, and what the application added to it not at all.
	if len(w.Events) != 2 || w.Events[0].SourceID != "" || w.Source.Explained["skipped"] != 1 || w.Events[1].Thing != "suspension" {
		t.Errorf("%+v, %v", w.Events, w.Source.Explained)
	}
}

// with is a finding with one difference.
func with(field, expected, actual string) Finding {
	return Finding{Class: Different, Differences: []compare.Difference{{Field: field, Expected: expected, Actual: actual}}}
}
