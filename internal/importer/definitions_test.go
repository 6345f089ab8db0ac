package importer

import (
	"slices"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/definition"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// naming is a source that names two of each kind, of which the tenant has the
// first, and one that nobody uses any more.
func naming() *Names {
	n := NewNames()
	u := &mapping.User{
		Memberships: []mapping.Membership{
			{Organization: mapping.Organization{Code: "org_a"}, Roles: []string{"admin", "new"}, Permissions: []string{"read:all", "fly"}},
			{Organization: mapping.Organization{ExternalID: "x", Name: "Ex"}}, {Organization: mapping.Organization{Name: "Only a name"}},
		},
		Properties: []mapping.KeyValue{{Key: "city"}, {Key: "shoe"}},
		Flags:      []mapping.KeyValue{{Key: "beta"}, {Key: "dark"}},
		Links:      []mapping.Link{{Strategy: "oauth2:google"}, {Strategy: "oauth2:github"}},
	}
	left := &mapping.User{
		Memberships: []mapping.Membership{
			{Organization: mapping.Organization{Code: "left"}, Roles: []string{"left"}, Permissions: []string{"left"}},
		},
		Properties: []mapping.KeyValue{{Key: "left"}},
		Flags:      []mapping.KeyValue{{Key: "left"}},
		Links:      []mapping.Link{{Strategy: "left"}},
	}
	n.Add(u, 2)
	n.Add(left, 1)
	n.Add(left, -1)
	return n
}

// What the source names and the tenant lacks is told, with what becomes of it, and
// is created where that is wanted: with the names of the source, and private.
func TestWhatTheTenantLacks(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	x := w.newClient(engine.NewRecorder())
	d, err := readDefinitions(t.Context(), x, naming(), "")
	if err != nil {
		t.Fatal(err)
	}
	rejected, will := "their records are rejected", "will be created"
	for create, want := range map[bool][]Unknown{
		false: {{"connection", "oauth2:github", 2, "left out"}, {"flag", "dark", 2, "left out"}, {"organization", "Only a name", 2, rejected},
			{"organization", "x", 2, rejected}, {"permission", "fly", 2, rejected}, {"property", "shoe", 2, "left out"}, {"role", "new",
				2, rejected}},
		true: {{"connection", "oauth2:github", 2, "left out"}, {"flag", "dark", 2, "left out"}, {"organization", "Only a name", 2, will},
			{"organization", "x", 2, will}, {"permission", "fly", 2, will}, {"property", "shoe", 2, will}, {"role", "new", 2, will}},
	} {
		if got := unknown(d, naming(), create); !slices.Equal(got, want) {
			t.Errorf("create %v:\ngot  %v\nwant %v", create, got, want)
		}
	}
	if err := createMissing(t.Context(), d, naming()); err != nil {
		t.Fatal(err)
	}
	for range 2 { // and nothing is created twice
		again, err := readDefinitions(t.Context(), x, naming(), "")
		if err != nil {
			t.Fatal(err)
		}
		want := []Unknown{{"connection", "oauth2:github", 2, "left out"}, {"flag", "dark", 2, "left out"}}
		if got := unknown(again, naming(), true); !slices.Equal(got, want) {
			t.Errorf("afterwards it lacks %v", got)
		}
		if err := createMissing(t.Context(), again, naming()); err != nil {
			t.Fatal(err)
		}
	}
	var organizations []string
	for page, err := range x.GetOrganizationsPages(t.Context(), kinde.ListRequest{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Items {
			organizations = append(organizations, o.Name+" "+o.ExternalID)
		}
	}
	slices.Sort(organizations)
	if want := []string{"Alpha a", "Beta ", "Ex x", "Only a name "}; !slices.Equal(organizations[len(organizations)-4:], want) &&
		!slices.Equal(without(organizations, []string{"Default Organization "}), want) {
		t.Errorf("organizations %q", organizations)
	}
	for p, err := range x.GetProperties(t.Context(), "usr") {
		if err != nil || p.Key == "shoe" && (!p.IsPrivate || p.Name != "shoe") || p.Key == "left" {
			t.Errorf("%+v, %v", p, err)
		}
	}
	for r, err := range x.GetRoles(t.Context()) {
		if err != nil || r.Key == "new" && r.Name != "new" || r.Key == "left" {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

// Only the kinds of definitions that the source names are read.
func TestOnlyNamedKindsAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		user         *mapping.User
		organization string
		want         []string
	}{
		"nothing":       {&mapping.User{}, "", nil},
		"all in one":    {&mapping.User{}, "org_a", []string{"GetOrganizations"}},
		"organizations": {&mapping.User{Memberships: member("org_a")}, "", []string{"GetOrganizations"}},
		"roles":         {&mapping.User{Memberships: member("org_a", "admin")}, "", []string{"GetOrganizations", "GetRoles"}},
		"properties":    {&mapping.User{Properties: []mapping.KeyValue{{Key: "city"}}}, "", []string{"GetProperties usr"}},
		"flags":         {&mapping.User{Flags: []mapping.KeyValue{{Key: "beta"}}}, "", []string{"GetFeatureFlags"}},
	} {
		n := NewNames()
		n.Add(c.user, 1)
		x := &shelf{}
		if _, err := readDefinitions(t.Context(), x, n, c.organization); err != nil || !slices.Equal(x.calls, c.want) {
			t.Errorf("%s: read %q, %v", name, x.calls, err)
		}
	}
}

// The crosswalk has each name that is in use and known to the tenant, sorted.
func TestCrosswalk(t *testing.T) {
	w := newWorld(t, sandbox.Options{}).inMemory()
	defer w.store.Close()
	x := w.newClient(engine.NewRecorder())
	n := naming()
	n.Add(
		&mapping.User{Memberships: append(member("org_b", "member"), mapping.Membership{Organization: mapping.Organization{ExternalID: "a"}})},
		1,
	)
	d, err := readDefinitions(t.Context(), x, n, "")
	if err != nil {
		t.Fatal(err)
	}
	change, err := (&run{names: n, defs: d}).crosswalk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	note := change.(checkpoint.SetNote)
	admin, _ := d.ID(t.Context(), definition.Role, "admin")
	common, _ := d.ID(t.Context(), definition.Role, "member")
	want := `{"organizations":[{"source_id":"a","kinde_id":"org_a","name":"Alpha"},{"source_id":"org_a","kinde_id":"org_a","name":"Alpha"},` +
		`{"source_id":"org_b","kinde_id":"org_b","name":"Beta"}],"roles":[{"source_id":"admin","kinde_id":"` + admin +
		`"},{"source_id":"member","kinde_id":"` + common + `"}]}`
	if string(note.JSON) != want || note.Name != NoteCrosswalk || admin == "" || common == "" {
		t.Errorf("got  %s\nwant %s", note.JSON, want)
	}
}
