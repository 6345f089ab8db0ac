package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"time"
)

// Definitions is what a tenant can be given before the first request: the
// organizations, roles and so on that an import expects to be there.
type Definitions struct {
	Organizations []OrganizationDefinition `yaml:"organizations"`
	Roles         []RoleDefinition         `yaml:"roles"`
	Permissions   []PermissionDefinition   `yaml:"permissions"`
	Properties    []PropertyDefinition     `yaml:"properties"`
	Flags         []FlagDefinition         `yaml:"flags"`
	Connections   []ConnectionDefinition   `yaml:"connections"`
	APIs          []APIDefinition          `yaml:"apis"`
}

// OrganizationDefinition is an organization; Code is drawn when empty.
type OrganizationDefinition struct {
	Code       string `yaml:"code"`
	Name       string `yaml:"name"`
	ExternalID string `yaml:"external_id"`
	Handle     string `yaml:"handle"`
}

// RoleDefinition is a role and the keys of its permissions.
type RoleDefinition struct {
	Key         string   `yaml:"key"`
	Name        string   `yaml:"name"`
	Default     bool     `yaml:"default"`
	Permissions []string `yaml:"permissions"`
}

// PermissionDefinition is a permission.
type PermissionDefinition struct {
	Key  string `yaml:"key"`
	Name string `yaml:"name"`
}

// PropertyDefinition is a property; Context is usr unless said otherwise.
type PropertyDefinition struct {
	Key      string `yaml:"key"`
	Name     string `yaml:"name"`
	Context  string `yaml:"context"`
	Type     string `yaml:"type"`
	Private  bool   `yaml:"private"`
	Category string `yaml:"category"`
}

// FlagDefinition is a feature flag; Level is usr and Type bool unless said
// otherwise.
type FlagDefinition struct {
	Key     string `yaml:"key"`
	Name    string `yaml:"name"`
	Type    string `yaml:"type"`
	Level   string `yaml:"level"`
	Default string `yaml:"default"`
}

// ConnectionDefinition is a connection; ID is drawn when empty.
type ConnectionDefinition struct {
	ID       string `yaml:"id"`
	Name     string `yaml:"name"`
	Strategy string `yaml:"strategy"` // "oauth2:google", "saml:okta"
}

// APIDefinition is an API of the tenant's applications and the keys of its scopes.
type APIDefinition struct {
	Name     string   `yaml:"name"`
	Audience string   `yaml:"audience"`
	Scopes   []string `yaml:"scopes"`
}

// ReadDefinitions reads them from a YAML file with the keys organizations,
// roles, permissions, properties, flags, connections and apis.
func ReadDefinitions(path string) (*Definitions, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the sandbox's definitions: %w", err)
	}
	return ParseDefinitions(raw)
}

// ParseDefinitions reads definitions from YAML; unknown keys are refused.
func ParseDefinitions(raw []byte) (*Definitions, error) {
	var d Definitions
	if len(bytes.TrimSpace(raw)) == 0 {
		return &d, nil
	}
	if err := strictYAML(raw, &d); err != nil {
		return nil, fmt.Errorf("reading the sandbox's definitions: %w", err)
	}
	return &d, nil
}

// or is the first that is not empty.
func or[T comparable](value, instead T) T {
	var empty T
	if value == empty {
		return instead
	}
	return value
}

// define adds what is not there yet.
func (t *Tenant) define(d Definitions) error {
	now := time.Now()
	for _, in := range d.Organizations {
		if in.Code != "" && t.orgs[in.Code] != nil {
			return fmt.Errorf("organization %s is defined twice", in.Code)
		}
		o := t.newOrganization(in.Code, or(in.Name, or(in.Code, in.ExternalID)), in.ExternalID, false, now)
		o.Handle = in.Handle
		t.insertOrganization(o)
	}
	for _, in := range d.Permissions {
		if in.Key == "" || t.permissions.byKey[in.Key] != nil {
			return fmt.Errorf("permission %q has no key or is defined twice", in.Key)
		}
		t.permissions.put(&permission{ID: t.drawText("perm_"), Key: in.Key, Name: or(in.Name, in.Key)})
	}
	for _, in := range d.Roles {
		if in.Key == "" || t.roles.byKey[in.Key] != nil {
			return fmt.Errorf("role %q has no key or is defined twice", in.Key)
		}
		r := &role{ID: t.drawText("role_"), Key: in.Key, Name: or(in.Name, in.Key), Default: in.Default}
		for _, key := range in.Permissions {
			p := t.permissions.byKey[key]
			if p == nil {
				return fmt.Errorf("role %s names permission %s, which is not defined", in.Key, key)
			}
			r.Permissions = addOnce(r.Permissions, p.ID)
		}
		t.roles.put(r)
	}
	return t.defineValues(d)
}

func (t *Tenant) defineValues(d Definitions) error {
	for _, in := range d.Properties {
		context := or(in.Context, "usr")
		if in.Key == "" || t.properties.byKey[context+"."+in.Key] != nil {
			return fmt.Errorf("property %q has no key or is defined twice", in.Key)
		}
		name := or(in.Category, "General")
		cat := t.categories.byKey[context+"."+name]
		if cat == nil {
			cat = &category{ID: t.drawText("cat_"), Name: name, Context: context}
			t.categories.put(cat)
		}
		t.properties.put(&property{ID: t.drawText("prop_"), Key: in.Key, Name: or(in.Name, in.Key), Type: or(in.Type, "single_line_text"),
			Context: context, Private: in.Private, Category: cat.ID})
	}
	for _, in := range d.Flags {
		f := &flag{
			ID:      t.drawText("flag_"),
			Key:     in.Key,
			Name:    or(in.Name, in.Key),
			Type:    or(in.Type, "bool"),
			Level:   or(in.Level, "usr"),
			Default: in.Default,
		}
		if f.Type == "bool" || f.Type == "int" {
			f.Default = or(f.Default, map[string]string{"bool": "false", "int": "0"}[f.Type])
		}
		value, ok := f.accept(f.Default)
		if in.Key == "" || t.flags.byKey[in.Key] != nil || !ok {
			return fmt.Errorf("flag %q has no key, is defined twice or has a default of another type", in.Key)
		}
		f.Default = value
		t.flags.put(f)
	}
	for _, in := range d.Connections {
		if in.Strategy == "" {
			return fmt.Errorf("connection %q has no strategy", in.Name)
		}
		id := in.ID
		if id == "" {
			id = t.drawText("conn_")
		}
		t.connections.put(&connection{ID: id, Name: or(in.Name, in.Strategy), DisplayName: or(in.Name, in.Strategy), Strategy: in.Strategy})
	}
	for _, in := range d.APIs {
		if in.Audience == "" || t.apis.byKey[in.Audience] != nil {
			return fmt.Errorf("API %q has no audience or is defined twice", in.Name)
		}
		a := &api{ID: t.drawText(""), Name: or(in.Name, in.Audience), Audience: in.Audience}
		for _, key := range in.Scopes {
			a.Scopes = append(a.Scopes, apiScope{t.drawText("api_scope_"), key})
		}
		t.apis.put(a)
	}
	return nil
}
