package definition

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// organizations are the organizations of a tenant, by what files call them.
type organizations struct {
	byCode     map[string]kinde.Organization
	byExternal map[string]string // external id -> code
	byName     map[string]string // name -> code; "" when two share it
	fallback   string            // the default organization's code
}

func newOrganizations() organizations {
	return organizations{byCode: map[string]kinde.Organization{}, byExternal: map[string]string{}, byName: map[string]string{}}
}

func (o *organizations) add(x kinde.Organization) {
	o.byCode[x.Code] = x
	if x.ExternalID != "" {
		o.byExternal[x.ExternalID] = x.Code
	}
	if other, taken := o.byName[x.Name]; taken && other != x.Code {
		o.byName[x.Name] = "" // a name of two organizations names none
	} else {
		o.byName[x.Name] = x.Code
	}
	if x.IsDefault {
		o.fallback = x.Code
	}
}

// ReadOrganizations reads the organizations, by pages.
func (s *Set) ReadOrganizations(ctx context.Context) error {
	err := each(s.tenant.GetOrganizationsPages(ctx, kinde.ListRequest{}), func(page kinde.Page[kinde.Organization]) {
		for _, o := range page.Items {
			s.add(o)
		}
	})
	if err != nil {
		return fmt.Errorf("reading the organizations: %w", err)
	}
	return nil
}

// Organizations returns the organizations that the tenant has now.
func (s *Set) Organizations() []kinde.Organization { return slices.Collect(maps.Values(s.byCode)) }

// OrganizationAt returns the organization with this code.
func (s *Set) OrganizationAt(code string) (kinde.Organization, bool) {
	o, ok := s.byCode[code]
	return o, ok
}

// Organization returns the code of an organization that a source names, or "".
// One without any name is the tenant's default organization.
func (s *Set) Organization(o mapping.Organization) string {
	if o == (mapping.Organization{}) {
		return s.fallback
	}
	if o.Code != "" {
		if _, ok := s.byCode[o.Code]; ok {
			return o.Code
		}
	}
	for _, id := range []string{o.ExternalID, o.Code} {
		if code := s.byExternal[id]; id != "" && code != "" {
			return code
		}
	}
	if o.Name != "" {
		return s.byName[o.Name]
	}
	// Some sources call an organization by what is its name or its code in Kinde.
	if _, ok := s.byCode[o.ExternalID]; ok && o.ExternalID != "" {
		return o.ExternalID
	}
	return ""
}

// CreateOrganization creates an organization and returns its code. One whose handle
// the tenant refuses has none; OrganizationAt tells.
func (s *Set) CreateOrganization(ctx context.Context, r kinde.CreateOrganizationRequest) (code string, err error) {
	err = s.noted(ctx, "organization", r.Name, func() (string, error) {
		err := kinde.Once(ctx, func() (err error) {
			code, err = s.tenant.CreateOrganization(ctx, r)
			if kinde.ClassOf(err) == kinde.ClassFinal && r.Handle != "" {
				r.Handle = "" // taken by another tenant, most likely
				code, err = s.tenant.CreateOrganization(ctx, r)
			}
			if err == nil {
				s.add(kinde.Organization{Code: code, Name: r.Name, ExternalID: r.ExternalID, Handle: r.Handle})
			}
			return err
		}, func() (bool, error) {
			before := maps.Clone(s.byCode) // several may have the same name
			err := s.ReadOrganizations(ctx)
			for found, o := range s.byCode {
				if _, was := before[found]; !was && o.Name == r.Name && o.ExternalID == r.ExternalID {
					code = found
				}
			}
			return code != "", err
		})
		return code, err
	})
	return code, err
}

// ReadConnections reads the connections.
func (s *Set) ReadConnections(ctx context.Context) error {
	s.connections = nil
	err := each(s.tenant.GetConnections(ctx), func(c kinde.Connection) { s.connections = append(s.connections, c) })
	if err != nil {
		return fmt.Errorf("reading the connections: %w", err)
	}
	return nil
}

// Connections returns the connections that were read.
func (s *Set) Connections() []kinde.Connection { return s.connections }

// Connection returns the connection that a link of a source belongs to.
func (s *Set) Connection(l mapping.Link) (kinde.Connection, bool) {
	for _, by := range []func(kinde.Connection) bool{
		func(c kinde.Connection) bool { return l.Connection != "" && c.ID == l.Connection },
		func(c kinde.Connection) bool { return l.Strategy != "" && strings.EqualFold(c.Strategy, l.Strategy) },
		func(c kinde.Connection) bool { return l.Provider != "" && strings.EqualFold(c.Name, l.Provider) },
		func(c kinde.Connection) bool { return l.Provider != "" && strings.EqualFold(c.DisplayName, l.Provider) },
	} {
		if i := slices.IndexFunc(s.connections, by); i >= 0 {
			return s.connections[i], true
		}
		if l.Connection != "" {
			break
		}
	}
	return kinde.Connection{}, false
}
