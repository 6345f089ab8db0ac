package sandbox

import (
	"maps"
	"slices"
)

// updateOrganization changes what the body names. Source: Kinde's page on
// updateOrganization; the default organization can't be suspended.
func (t *Tenant) updateOrganization(c *call) response {
	if _, bad := c.expansions("billing"); bad != nil {
		return *bad
	}
	var body struct {
		Name        *string `json:"name"`
		Handle      *string `json:"handle"`
		ExternalID  *string `json:"external_id"`
		AutoJoin    *bool   `json:"is_auto_membership_enabled"`
		SenderName  *string `json:"sender_name"`
		SenderEmail *string `json:"sender_email"`
		Suspended   *bool   `json:"is_suspended"`
	}
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	return t.change(func(ch *change) response {
		o := t.orgs[c.path[0]]
		switch {
		case o == nil:
			return orgUnknown()
		case o.Default && body.Suspended != nil && *body.Suspended:
			return invalid("DEFAULT_ORGANIZATION_CANNOT_BE_SUSPENDED", "The default organization stays open.")
		case body.Name != nil && *body.Name == "":
			return invalid("NAME_REQUIRED", "An organization has to have a name.")
		}
		for _, x := range t.orgs {
			if x == o {
				continue
			}
			if body.Handle != nil && *body.Handle != "" && x.Handle == *body.Handle {
				return invalid("HANDLE_TAKEN", "Another organization has this handle.")
			}
			if body.ExternalID != nil && *body.ExternalID != "" && x.ExternalID == *body.ExternalID {
				return invalid("EXTERNAL_ID_TAKEN", "Another organization has this external id.")
			}
		}
		set(&o.Name, body.Name)
		set(&o.Handle, body.Handle)
		set(&o.ExternalID, body.ExternalID)
		set(&o.Sender, body.SenderName)
		set(&o.SenderMail, body.SenderEmail)
		if body.AutoJoin != nil {
			o.AutoJoin = *body.AutoJoin
		}
		if body.Suspended != nil {
			o.Suspended = *body.Suspended
		}
		ch.define(o)
		return done("Organization successfully updated.")
	})
}

func (t *Tenant) getOrganizationPropertyValues(c *call) response {
	return t.read(func() response {
		o := t.orgs[c.path[0]]
		if o == nil {
			return orgUnknown()
		}
		return t.propertyValues(func(yield func(id, value string) bool) {
			for _, id := range slices.Sorted(maps.Keys(o.Properties)) {
				if !yield(id, o.Properties[id]) {
					return
				}
			}
		})
	})
}

func (t *Tenant) updateOrganizationProperties(c *call) response {
	given, bad := c.properties()
	if bad != nil {
		return *bad
	}
	return t.change(func(ch *change) response {
		o := t.orgs[c.path[0]]
		if o == nil {
			return orgUnknown()
		}
		values, bad := t.propertyPairs("org.", given)
		if bad != nil {
			return *bad
		}
		if o.Properties == nil {
			o.Properties = map[string]string{}
		}
		for _, v := range values {
			o.Properties[v.key] = v.value
		}
		ch.define(o)
		return done("Properties successfully updated.")
	})
}

func (t *Tenant) updateOrganizationFeatureFlag(c *call) response {
	if !c.query.Has("value") {
		return invalid("INVALID_PARAMETER", "value is required.")
	}
	return t.change(func(ch *change) response {
		o := t.orgs[c.path[0]]
		if o == nil {
			return orgUnknown()
		}
		f := t.flags.byKey[c.path[1]]
		if f == nil {
			return invalid("FEATURE_FLAG_NOT_FOUND", "There is no feature flag with this key.")
		}
		if f.Level == "env" {
			return invalid("OVERRIDE_NOT_ALLOWED", "This feature flag may not be overridden for organizations.")
		}
		value, ok := f.accept(c.query.Get("value"))
		if !ok {
			return invalid("INVALID_VALUE", "The value is not of the flag's type.")
		}
		o.setFlag(f.Key, value)
		ch.define(o)
		return done("Feature flag override successfully updated.")
	})
}
