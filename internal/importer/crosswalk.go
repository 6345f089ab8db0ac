package importer

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/definition"
)

// NoteCrosswalk is the checkpoint's note that says which organizations and
// roles of the tenant the names of the source stand for.
const NoteCrosswalk = "crosswalk"

// Crosswalk pairs what the source calls organizations and roles with what the
// tenant calls them.
type Crosswalk struct {
	Organizations []CrossedOrganization `json:"organizations"`
	Roles         []CrossedRole         `json:"roles"`
}

// CrossedOrganization is an organization under both its names.
type CrossedOrganization struct {
	SourceID string `json:"source_id"` // external id, code or name, as the source has it
	Code     string `json:"kinde_id"`
	Name     string `json:"name"`
}

// CrossedRole is a role under both its names.
type CrossedRole struct {
	Key string `json:"source_id"`
	ID  string `json:"kinde_id"`
}

// crosswalk notes what the names that are in use stand for.
func (r *run) crosswalk(ctx context.Context) (checkpoint.Change, error) {
	w := Crosswalk{Organizations: []CrossedOrganization{}, Roles: []CrossedRole{}}
	for x := range r.names.organizations() {
		code := r.defs.Organization(x)
		if code == "" {
			continue
		}
		o, _ := r.defs.OrganizationAt(code)
		w.Organizations = append(w.Organizations, CrossedOrganization{firstOf(x.ExternalID, x.Code, x.Name), code, o.Name})
	}
	for key, n := range r.names.Roles {
		if n <= 0 {
			continue
		}
		id, err := r.defs.ID(ctx, definition.Role, key)
		if err != nil {
			return nil, err
		}
		if id != "" {
			w.Roles = append(w.Roles, CrossedRole{key, id})
		}
	}
	slices.SortFunc(w.Organizations, func(a, b CrossedOrganization) int {
		return cmp.Or(cmp.Compare(a.SourceID, b.SourceID), cmp.Compare(a.Code, b.Code))
	})
	slices.SortFunc(w.Roles, func(a, b CrossedRole) int { return cmp.Compare(a.Key, b.Key) })
	data, _ := json.Marshal(w) // plain data never fails
	return checkpoint.SetNote{Name: NoteCrosswalk, JSON: data}, nil
}
