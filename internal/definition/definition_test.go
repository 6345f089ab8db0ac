package definition

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// tenant has definitions by their kind and key. Its first answer to a create is
// lost, with what was to be created or after it was.
type tenant struct {
	Tenant
	acts, mute    bool // whether the create with a lost answer happened; whether answers hold no id
	creates       int
	ids           map[string]string // kind and key -> id
	organizations []kinde.Organization
	looks         int
}

func (t *tenant) create(name string) (string, error) {
	t.creates++
	if t.creates > 1 || t.acts {
		t.ids[name] = fmt.Sprintf("id_%d", len(t.ids))
	}
	if t.creates == 1 {
		return "", &kinde.Error{Class: kinde.ClassInDoubt}
	}
	if t.mute {
		return "", nil
	}
	return t.ids[name], nil
}

func list[T any](t *tenant, kind string, of func(key, id string) T) iter.Seq2[T, error] {
	t.looks++
	return func(yield func(T, error) bool) {
		for name, id := range t.ids {
			if len(name) > len(kind) && name[:len(kind)] == kind && !yield(of(name[len(kind)+1:], id), nil) {
				return
			}
		}
	}
}

func (t *tenant) CreateRole(_ context.Context, r kinde.CreateRoleRequest) (string, error) {
	return t.create("role " + r.Key)
}

func (t *tenant) GetRoles(context.Context) iter.Seq2[kinde.Role, error] {
	return list(t, "role", func(key, id string) kinde.Role { return kinde.Role{Key: key, ID: id} })
}

func (t *tenant) CreatePermission(_ context.Context, r kinde.CreatePermissionRequest) (string, error) {
	return t.create("permission " + r.Key)
}

func (t *tenant) GetPermissions(context.Context) iter.Seq2[kinde.Permission, error] {
	return list(t, "permission", func(key, id string) kinde.Permission { return kinde.Permission{Key: key, ID: id} })
}

func (t *tenant) CreateProperty(_ context.Context, r kinde.CreatePropertyRequest) (string, error) {
	return t.create(r.Context + " " + r.Key)
}

func (t *tenant) GetProperties(_ context.Context, of string) iter.Seq2[kinde.Property, error] {
	return list(t, of, func(key, id string) kinde.Property { return kinde.Property{Key: key, ID: id} })
}

func (t *tenant) CreateFeatureFlag(_ context.Context, r kinde.CreateFeatureFlagRequest) error {
	_, err := t.create("flag " + r.Key)
	return err
}

func (t *tenant) GetEnvironmentFeatureFlags(context.Context) (map[string]kinde.FeatureFlag, error) {
	flags := map[string]kinde.FeatureFlag{}
	for key := range list(t, "flag", func(key, _ string) string { return key }) {
		flags[key] = kinde.FeatureFlag{}
	}
	return flags, nil
}

func (t *tenant) CreateCategory(_ context.Context, name, _ string) (string, error) {
	return t.create("category " + name)
}

func (t *tenant) GetCategories(context.Context, string) iter.Seq2[kinde.Category, error] {
	return list(t, "category", func(key, id string) kinde.Category { return kinde.Category{Name: key, ID: id} })
}

func (t *tenant) CreateOrganization(_ context.Context, r kinde.CreateOrganizationRequest) (string, error) {
	code, err := t.create("organization " + r.Name)
	if id := t.ids["organization "+r.Name]; id != "" {
		t.organizations = append(t.organizations, kinde.Organization{Code: id, Name: r.Name, ExternalID: r.ExternalID})
	}
	return code, err
}

func (t *tenant) GetOrganizationsPages(context.Context, kinde.ListRequest) iter.Seq2[kinde.Page[kinde.Organization], error] {
	return func(yield func(kinde.Page[kinde.Organization], error) bool) {
		yield(kinde.Page[kinde.Organization]{Items: t.organizations}, nil)
	}
}

// notes keeps what was created.
type notes map[string]string

func (n notes) Create(_ context.Context, kind, name string, call func() (string, error)) error {
	id, err := call()
	n[kind+" "+name] = id
	return err
}

// TestALostAnswerCreatesNothingTwice: one looks whether it happened, and repeats only
// what did not. What was created is noted with its id.
func TestALostAnswerCreatesNothingTwice(t *testing.T) {
	ctx := t.Context()
	for what, create := range map[string]func(*Set) error{
		"role editor":    func(s *Set) error { return s.CreateRole(ctx, kinde.CreateRoleRequest{Key: "editor"}) },
		"permission fly": func(s *Set) error { return s.CreatePermission(ctx, kinde.CreatePermissionRequest{Key: "fly"}) },
		"property shoe": func(s *Set) error {
			return s.CreateProperty(ctx, kinde.CreatePropertyRequest{Key: "shoe", Context: "usr"})
		},
		"property vat": func(s *Set) error {
			return s.CreateProperty(ctx, kinde.CreatePropertyRequest{Key: "vat", Context: "org"})
		},
		"feature flag dark": func(s *Set) error { return s.CreateFlag(ctx, "dark", "bool", "false") },
		"category Imported": func(s *Set) error {
			id, err := s.Category(ctx, "usr", "Imported", false)
			s.Notes.(notes)["category Imported"] = id
			return err
		},
		"organization Acme": func(s *Set) error {
			code, err := s.CreateOrganization(ctx, kinde.CreateOrganizationRequest{Name: "Acme", ExternalID: "a"})
			if got := s.Organization(mapping.Organization{ExternalID: "a"}); got != code {
				t.Errorf("the organization has the code %q, %q is found", code, got)
			}
			return err
		},
	} {
		for _, acts := range []bool{false, true} {
			there := &tenant{acts: acts, ids: map[string]string{}}
			s := Of(there)
			made := notes{}
			s.Notes = made
			if err := create(s); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			if want := map[bool]int{true: 1, false: 2}[acts]; there.creates != want || len(there.ids) != 1 {
				t.Errorf("%s, happened %v: created %d times, %v are there", what, acts, there.creates, there.ids)
			}
			if want := map[bool]string{true: "dark", false: "id_0"}[what == "feature flag dark"]; made[what] != want {
				t.Errorf("%s, happened %v: noted as %v", what, acts, made)
			}
		}
	}
}

// TestAnotherOfTheSameNameIsNoProof: after a lost answer, an organization that was there
// before is not the one that was to be created.
func TestAnotherOfTheSameNameIsNoProof(t *testing.T) {
	for _, acts := range []bool{false, true} {
		there := &tenant{acts: acts, ids: map[string]string{}, organizations: []kinde.Organization{{Code: "org_old", Name: "Acme"}}}
		s := Of(there)
		if err := s.ReadOrganizations(t.Context()); err != nil {
			t.Fatal(err)
		}
		code, err := s.CreateOrganization(t.Context(), kinde.CreateOrganizationRequest{Name: "Acme"})
		if err != nil || code != "id_0" || len(there.organizations) != 2 {
			t.Errorf("happened %v: %q, %v, %v", acts, code, there.organizations, err)
		}
		if got := s.Organization(mapping.Organization{Name: "Acme"}); got != "" {
			t.Errorf("a name of two organizations names %q", got)
		}
	}
}

// TestAnIDThatNoAnswerToldIsLookedUp, and only then.
func TestAnIDThatNoAnswerToldIsLookedUp(t *testing.T) {
	there := &tenant{mute: true, creates: 1, ids: map[string]string{}}
	s := Of(there)
	for _, key := range []string{"a", "b"} {
		if err := s.CreateRole(t.Context(), kinde.CreateRoleRequest{Key: key}); err != nil {
			t.Fatal(err)
		}
	}
	for key, want := range map[string]string{"a": "id_0", "b": "id_1", "other": ""} {
		if id, err := s.ID(t.Context(), Role, key); id != want || err != nil || s.Has(Role, key) != (want != "") {
			t.Errorf("%s is %q, %v; want %q", key, id, err, want)
		}
	}
	if there.looks != 1 {
		t.Errorf("the roles were read %d times", there.looks)
	}
}
