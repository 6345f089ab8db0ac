package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/internal/tenanttest"
)

// rows are the lines of a backup's files by their kind.
type rows map[string][]any

// laidDown writes a backup of this time into a folder of backups, chained to the one before.
func laidDown(t *testing.T, dir string, at time.Time, detail Detail, to Recipients, files rows) *Manifest {
	t.Helper()
	m := &Manifest{Schema: manifestSchema, Name: NameAt(at), StartedAt: at, FinishedAt: at, Detail: detail, Encrypted: len(to) > 0,
		Tenant: TenantRef{Domain: "https://acme.example.com", Code: "org_home"}, NotCopied: []NotCopied{}}
	repo := &Repository{dir: dir}
	_, err := repo.link(m)
	tenanttest.Must(t, err)
	folder := filepath.Join(dir, m.Name)
	tenanttest.Must(t, os.Mkdir(folder, 0o700))
	a := &archive{folder: folder, recipients: to, counts: map[string]int64{}}
	for _, kind := range []string{KindUsers, KindMemberships, KindOrganizations, KindRoles, KindPermissions, KindProperties, KindCategories,
		KindConnections, KindFlags} {
		if files[kind] != nil {
			tenanttest.Must(t, writeAll(a, kind, files[kind]))
		}
	}
	m.Files, m.Counts = a.files, a.counts
	_, err = stageManifest(folder, m)
	tenanttest.Must(t, err)
	return m
}

// remade writes a manifest again, with its hash.
func remade(t *testing.T, dir string, m *Manifest) {
	t.Helper()
	_, err := stageManifest(filepath.Join(dir, m.Name), m)
	tenanttest.Must(t, err)
}

func locked(t *testing.T, dir string) *Repository {
	t.Helper()
	repo, err := LockRepository(dir)
	tenanttest.Must(t, err)
	t.Cleanup(func() { repo.Unlock() })
	return repo
}

// everything is the text of all files beneath a folder, by their names.
func everything(t *testing.T, dir string) string {
	t.Helper()
	var text strings.Builder
	tenanttest.Must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == lockFile {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		fmt.Fprintf(&text, "== %s\n%s", filepath.ToSlash(rel), data)
		return err
	}))
	return text.String()
}

// counting is a context that is cancelled when it was asked n times whether it is.
type counting struct {
	context.Context
	left int
}

func (c *counting) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func key(t *testing.T) (*age.X25519Identity, Recipients) {
	t.Helper()
	k, err := age.GenerateX25519Identity()
	tenanttest.Must(t, err)
	return k, Recipients{k.Recipient()}
}

func asText(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	tenanttest.Must(t, err)
	return string(data)
}

// isDamage tells whether an error says that this file is damaged.
func isDamage(err error, file string) bool {
	d, ok := errors.AsType[*DamagedError](err)
	return ok && filepath.Base(d.File) == file
}

// staff are three people in two organizations.
func staff() rows {
	yes := true
	return rows{
		KindUsers: {
			tenant.Row{ID: "kp_1", Email: "ana@example.com", Identities: []tenant.Identity{{Type: "email", Value: "ana@example.com",
				Verified: &yes}},
				Organizations: []tenant.Membership{{Code: "org_a", Roles: []string{"editor"}}}},
			tenant.Row{ID: "kp_2", Email: "bo@example.com", Organizations: []tenant.Membership{{Code: "org_a"}}},
			tenant.Row{ID: "kp_3", Email: "cy@example.com"},
		},
		KindMemberships: {
			tenant.MembershipRow{UserID: "kp_1", Email: "ana@example.com", Organization: "org_a", Roles: []string{"editor"}},
			tenant.MembershipRow{UserID: "kp_2", Email: "bo@example.com", Organization: "org_a"},
		},
		KindOrganizations: {tenant.OrganizationRow{Code: "org_a", Name: "Acme"}},
		KindRoles:         {tenant.RoleRow{ID: "role_1", Key: "editor", Name: "Editor of ana@example.com"}},
		KindProperties: {tenant.PropertyRow{ID: "prop_1", Key: "plan", Context: "usr"}, tenant.PropertyRow{ID: "prop_2",
			Key: "plan", Context: "org"}},
		KindConnections: {tenant.ConnectionRow{ID: "conn_1", Name: "Okta", Strategy: "saml:okta"}},
	}
}
