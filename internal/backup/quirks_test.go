package backup

import (
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
)

// Where the vendor's description leaves room, every reading gives the same rows.
func TestEveryReadingOfTheDescriptionGivesTheSame(t *testing.T) {
	var want []tenant.Row
	for name, q := range map[string]sandbox.Quirks{
		"none": {}, "small pages": {MaxPageSize: 7}, "large pages refused": {MaxPageSize: 100, RefuseLargePages: true},
		"wrapped connections": {WrappedConnections: true},
		"types with prefix":   {PrefixedIdentityTypes: true}, "nulls": {NullsForEmpty: true}, "errors as objects": {ErrorsAsObject: true},
	} {
		options := tenanttest.Options(30)
		options.Quirks = q
		quirky, qc := tenanttest.Open(t, options)
		tenanttest.Populate(t, quirky, qc)
		rows := tenanttest.Rows(t, qc, "permissions", "identities", "properties", "verified")
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
			tenanttest.Must(t, err)
			for _, c := range changes {
				t.Errorf("%s: %s of %s is %s, want %s", name, c.Field, rows[i].ID, c.From, c.To)
			}
		}
	}
}
