package exporter

import (
	"net/http"
	"slices"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// Where the vendor's description leaves room, every reading gives the same rows.
func TestEveryReadingOfTheDescriptionGivesTheSame(t *testing.T) {
	var want []Row
	for name, q := range map[string]sandbox.Quirks{
		"none": {}, "small pages": {MaxPageSize: 7}, "large pages refused": {MaxPageSize: 100, RefuseLargePages: true}, "wrapped connections": {WrappedConnections: true},
		"types with prefix": {PrefixedIdentityTypes: true}, "nulls": {NullsForEmpty: true}, "errors as objects": {ErrorsAsObject: true},
	} {
		options := furniture(30)
		options.Quirks = q
		quirky, qc := open(t, options)
		populate(t, quirky, qc)
		rows := exported(t, t.Context(), qc, parts(t, "permissions", "identities", "properties", "verified"))
		for i := range rows {
			rows[i].DetailsOn, rows[i].CreatedOn = nil, nil
		}
		if want == nil {
			want = rows
			continue
		}
		if len(rows) != len(want) {
			t.Errorf("%s: %d rows, want %d", name, len(rows), len(want))
			continue
		}
		for i := range rows {
			changes, err := changesOf(comparable(&rows[i], &want[i]), comparable(&want[i], &rows[i]), map[string]bool{"details_on": true})
			must(t, err)
			for _, c := range changes {
				t.Errorf("%s: %s of %s is %s, want %s", name, c.Field, rows[i].ID, c.From, c.To)
			}
		}
	}
}

// A tenant that overlooks the filter by permission must not have everyone
// given every permission.
func TestAFilterThatIsOverlookedGivesNobodyAPermission(t *testing.T) {
	tenant, client := open(t, furniture(30))
	populate(t, tenant, client)
	want := exported(t, t.Context(), client, parts(t, "permissions"))
	deaf := clientOf(t, tenant, func(_ *sandbox.Tenant, r *http.Request) {
		q := r.URL.Query()
		q.Del("permissions")
		r.URL.RawQuery = q.Encode()
	})
	got := exported(t, t.Context(), deaf, parts(t, "permissions"))
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range got {
		for j, m := range got[i].Organizations {
			if !slices.Equal(m.Permissions, want[i].Organizations[j].Permissions) {
				t.Errorf("%s has %v in %s, want %v", got[i].ID, m.Permissions, m.Code, want[i].Organizations[j].Permissions)
			}
		}
	}
}
