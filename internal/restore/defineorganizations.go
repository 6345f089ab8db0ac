package restore

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/definition"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

func (d *definer) organizations(ctx context.Context) error {
	rows, err := backup.ReadList[tenant.OrganizationRow](d.r.backup, backup.KindOrganizations)
	if err != nil {
		return err
	}
	if err := d.there.ReadOrganizations(ctx); err != nil {
		return err
	}
	there := d.there.Organizations() // two of the backup that have one name are never one of those that are created here
	if i := slices.IndexFunc(there, func(x kinde.Organization) bool { return x.IsDefault }); i >= 0 && d.r.Unaffiliated > 0 {
		d.out.Default = there[i].Name
	}
	for _, o := range rows {
		if code := sameOrganization(o, there); code != "" {
			d.r.organizations[o.Code] = code
			if err := d.adopt(ctx, o, code); err != nil {
				return err
			}
			continue
		}
		used := d.r.used.organizations[o.Code]
		if err := d.lacks("organization "+o.Name, used, func() error { return d.createOrganization(ctx, o) }); err != nil {
			return err
		}
	}
	return nil
}

func (d *definer) createOrganization(ctx context.Context, o tenant.OrganizationRow) error {
	code, err := d.there.CreateOrganization(ctx, kinde.CreateOrganizationRequest{Name: o.Name, ExternalID: o.ExternalID, Handle: o.Handle})
	if err != nil {
		return err
	}
	d.r.organizations[o.Code] = code
	return d.own(ctx, o, code)
}

// adopt knows an organization again that an earlier run of this restoration
// created, or was about to.
func (d *definer) adopt(ctx context.Context, o tenant.OrganizationRow, code string) error {
	if d.inventory == nil || d.dry {
		d.keep(o)
		return nil
	}
	ours, err := d.made(ctx, "organization", code, o.Name)
	if err != nil {
		return err
	}
	if !ours {
		d.keep(o)
		return nil
	}
	return d.own(ctx, o, code)
}

// own completes an organization that this restoration created.
func (d *definer) own(ctx context.Context, o tenant.OrganizationRow, code string) error {
	d.ours[code] = true
	if made, _ := d.there.OrganizationAt(code); o.Handle != "" && made.Handle != o.Handle {
		d.out.Failed = append(d.out.Failed, fmt.Sprintf("the handle %s of the organization %s: the tenant refused it, or it was changed since",
			o.Handle, o.Name))
	}
	return d.close(ctx, o)
}

// close suspends an organization that was suspended, before anybody is in it.
func (d *definer) close(ctx context.Context, o tenant.OrganizationRow) error {
	var request kinde.UpdateOrganizationRequest
	yes := true
	if o.IsSuspended {
		request.IsSuspended = &yes
	}
	if o.IsAutoJoin {
		request.IsAutoMembershipEnabled = &yes
	}
	if request == (kinde.UpdateOrganizationRequest{}) {
		return nil
	}
	return d.refused("the state of the organization "+o.Name, d.t.UpdateOrganization(ctx, d.r.organizations[o.Code], request))
}

// refused keeps a refusal, which concerns nothing else; any other error ends the run.
func (d *definer) refused(what string, err error) error {
	switch kinde.ClassOf(err) {
	case kinde.ClassNone:
		return nil
	case kinde.ClassFinal, kinde.ClassNotFound:
		d.out.Failed = append(d.out.Failed, what+": "+err.Error())
		return nil
	}
	return fmt.Errorf("restoring %s: %w", what, err)
}

// organizationParts gives the organizations that this restoration created their
// properties and feature flags.
func (d *definer) organizationParts(ctx context.Context) error {
	rows, err := backup.ReadList[tenant.OrganizationRow](d.r.backup, backup.KindOrganizations)
	if err != nil {
		return err
	}
	for _, o := range rows {
		code := d.r.organizations[o.Code]
		if code == "" || !d.ours[code] {
			continue
		}
		properties := map[string]string{}
		for _, key := range slices.Sorted(maps.Keys(o.Properties)) {
			value := o.Properties[key]
			switch {
			case value == "":
			case d.there.Has(definition.OrganizationProperty, key):
				properties[key] = value
			default:
				d.out.Failed = append(d.out.Failed, fmt.Sprintf("the property %s of the organization %s: it is not defined in the tenant", key, o.Name))
			}
		}
		if len(properties) > 0 {
			if err := d.refused("the properties of the organization "+o.Name, d.t.UpdateOrganizationProperties(ctx, code, properties)); err != nil {
				return err
			}
		}
		for _, key := range slices.Sorted(maps.Keys(o.Flags)) {
			what := fmt.Sprintf("the feature flag %s of the organization %s", key, o.Name)
			if err := d.refused(what, d.t.UpdateOrganizationFeatureFlagOverride(ctx, code, key, o.Flags[key].Value)); err != nil {
				return err
			}
		}
	}
	return nil
}

// sameOrganization finds the tenant's organization that an old one is: the same
// code, the same external id, the default one, or the same name when that is unique.
func sameOrganization(o tenant.OrganizationRow, there []kinde.Organization) string {
	for _, same := range []func(kinde.Organization) bool{
		func(x kinde.Organization) bool { return x.Code == o.Code },
		func(x kinde.Organization) bool { return o.ExternalID != "" && x.ExternalID == o.ExternalID },
		func(x kinde.Organization) bool { return o.IsDefault && x.IsDefault },
		func(x kinde.Organization) bool {
			return x.Name == o.Name && !x.IsDefault && (x.ExternalID == "" || o.ExternalID == "")
		},
	} {
		var hits []string
		for _, x := range there {
			if same(x) {
				hits = append(hits, x.Code)
			}
		}
		if len(hits) == 1 {
			return hits[0]
		}
	}
	return ""
}

// keep says that an organization which was there is not changed.
func (d *definer) keep(o tenant.OrganizationRow) {
	if o.IsSuspended || o.IsAutoJoin || len(o.Properties)+len(o.Flags) > 0 {
		d.out.Kept = append(d.out.Kept, o.Name)
	}
}
