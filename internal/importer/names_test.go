package importer

import (
	"maps"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// TestNamesComeBack: what a source names is in the checkpoint as it is, whatever it
// is called, and what nobody names any more is not.
func TestNamesComeBack(t *testing.T) {
	var u mapping.User
	for _, o := range []mapping.Organization{{}, {Code: "a"}, {ExternalID: "a"}, {Name: "a"}, {Code: "a\x00b", ExternalID: "c", Name: "\x00"},
		{Code: "a", ExternalID: "\x00b\x00c"}, {ExternalID: string(make([]byte, 300)), Name: "'; DROP TABLE name; --"}} {
		u.Memberships = append(u.Memberships, mapping.Membership{Organization: o, Roles: []string{"admin"}, Permissions: []string{"read"}})
	}
	u.Properties, u.Flags = []mapping.KeyValue{{Key: "plan"}}, []mapping.KeyValue{{Key: "beta"}}
	u.Links = []mapping.Link{
		{Connection: "conn_1"},
		{Strategy: "oauth2:google"},
		{Provider: "google", Subject: "1"},
		{Provider: "google", Subject: "2"},
	}
	n := NewNames()
	n.Add(&u, 1)
	left := mapping.User{
		Memberships: []mapping.Membership{{Organization: mapping.Organization{Name: "gone"}, Roles: []string{"gone"}}},
		Links:       []mapping.Link{{Provider: "gone"}},
	}
	n.Add(&left, 1)
	n.Add(&left, -1)
	store, err := checkpoint.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for range 2 {
		if err := store.Commit(t.Context(), n.change()); err != nil {
			t.Fatal(err)
		}
	}
	back, err := loadNames(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(maps.Collect(back.organizations()), maps.Collect(n.organizations())) || len(back.Organizations) != len(u.Memberships) {
		t.Errorf("the organizations are %v, want %v", maps.Collect(back.organizations()), maps.Collect(n.organizations()))
	}
	for i, m := range u.Memberships {
		if back.Organizations[packed(pack(nil, &m.Organization))] != 1 {
			t.Errorf("organization %d did not come back", i)
		}
	}
	for kind, used := range n.keys() {
		if !maps.Equal(used, back.keys()[kind]) || len(used) != 1 {
			t.Errorf("%s: %v, want %v", kind, back.keys()[kind], used)
		}
	}
	if !maps.Equal(back.Connections, n.Connections) || len(n.Connections) != 3 {
		t.Errorf("the connections are %v, want %v", back.Connections, n.Connections)
	}
}
