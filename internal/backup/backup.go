package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
)

// BackupOptions says how to back up.
type Options struct {
	Detail     Detail     // "" is Fast
	Recipients Recipients // none: plain text
	// Identities open earlier encrypted backups, so that Full can carry over
	// what did not change. Without them it asks for everyone.
	Identities  Identities
	MaxShrink   float64 // percent that any count may fall without being reported; 0 is 5, 100 turns it off
	Version     string  // of the program, for the manifest
	TempDir     string
	Concurrency int
	Progress    func(tenant.Progress)
	Now         func() time.Time // nil: time.Now
}

// Backup reads the tenant into a new folder of the repository, which stands
// there complete or not at all. The manifest's Shrunk tells whether it holds
// suspiciously little. The caller holds the repository's lock.
func (repo *Repository) Backup(ctx context.Context, t tenant.API, o Options) (m *Manifest, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Detail == "" {
		o.Detail = Fast
	}
	if err := repo.sweep(); err != nil {
		return nil, err
	}
	if err := repo.nextSecond(ctx, o.Now); err != nil {
		return nil, err
	}
	environment, err := t.GetEnvironment(ctx)
	if err != nil {
		return nil, fmt.Errorf("asking the tenant who it is: %w", err)
	}
	m = &Manifest{Schema: manifestSchema, Version: o.Version, StartedAt: o.Now().UTC(), Detail: o.Detail, Encrypted: len(o.Recipients) > 0,
		Tenant: TenantRef{Domain: t.BaseURL(), Environment: environment.Name, Code: environment.Code, Live: environment.IsLive}}
	m.Name = NameAt(m.StartedAt)
	previous, err := repo.link(m)
	if err != nil {
		return nil, err
	}
	final := filepath.Join(repo.dir, m.Name)
	if _, err := os.Lstat(final); err == nil {
		return nil, fmt.Errorf("making the backup: %s is there already", final)
	}
	tmp, err := atomicfile.CreateDir(final)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(tmp))
		}
	}()
	if err := repo.fill(ctx, t, o, m, previous, tmp); err != nil {
		return nil, err
	}
	m.Shrunk = repo.shrunk(m, o.MaxShrink)
	m.FinishedAt = o.Now().UTC()
	data, err := marshalManifest(m)
	if err != nil {
		return nil, err
	}
	if err := atomicfile.WriteFile(filepath.Join(tmp, ManifestSumFile), sumLine(hashOf(data))); err != nil {
		return nil, err
	}
	if err := atomicfile.WriteFile(filepath.Join(tmp, ManifestFile), data); err != nil {
		return nil, err
	}
	if err := atomicfile.CommitDir(tmp, final); err != nil {
		return nil, err
	}
	return m, nil
}

// partsOf says what a backup of this detail asks for.
func PartsOf(d Detail) tenant.Parts {
	p := tenant.Parts{Identities: true, Organizations: true, Roles: true, Properties: true, Permissions: true}
	if d == Full {
		p.Verified, p.MFA, p.Sessions = true, true, true
	}
	return p
}

// fill writes all files of the backup but the manifest.
func (repo *Repository) fill(ctx context.Context, t tenant.API, o Options, m *Manifest, previous *Manifest, folder string) error {
	opt := tenant.ReadOptions{Parts: PartsOf(o.Detail), TempDir: o.TempDir, Concurrency: o.Concurrency, Progress: o.Progress, Now: o.Now,
		Thrifty: o.Detail == Fast}
	var carry *carrier
	if previous != nil {
		opt.Expect = previous.Counts[KindUsers]
		if o.Detail == Full && previous.Detail == Full && (!previous.Encrypted || len(o.Identities) > 0) {
			err := repo.whole(ctx, previous, KindUsers)
			if damaged, ok := errors.AsType[*DamagedError](err); ok {
				m.NotCarried = damaged.Error() // everyone is asked for anew
			} else if err != nil {
				return err
			} else {
				carry = newCarrier(filepath.Join(repo.dir, previous.Name), previous, o.Identities, o.Now())
				defer carry.close()
				opt.Before = carry
			}
		}
	}
	reading, err := tenant.Read(ctx, t, opt)
	if err != nil {
		return err
	}
	defer reading.Close(true)
	a := &archive{folder: folder, recipients: o.Recipients, counts: map[string]int64{}}
	if err := writeUsers(ctx, a, reading); err != nil {
		return err
	}
	d, err := reading.Lists(ctx, o.Detail == Full)
	if err != nil {
		return err
	}
	if err := writeLists(a, d); err != nil {
		return err
	}
	m.Files, m.Counts = a.files, a.counts
	if carry != nil {
		m.CarriedOver = carry.count
	}
	m.NotCopied = notCopied(o.Detail, reading.SkippedPermissions())
	return nil
}

// writeUsers writes the users, and beside them each of their memberships.
func writeUsers(ctx context.Context, a *archive, x *tenant.Reading) (err error) {
	users, err := a.create(KindUsers)
	if err != nil {
		return err
	}
	memberships, err := a.create(KindMemberships)
	if err != nil {
		users.abort()
		return err
	}
	defer func() {
		if err != nil {
			users.abort()
			memberships.abort()
		}
	}()
	total, err := x.Count(ctx)
	if err != nil {
		return err
	}
	var n int64
	for row, err := range x.Rows(ctx) {
		if err != nil {
			return err
		}
		if err := users.put(row); err != nil {
			return err
		}
		for _, o := range row.Organizations {
			if err := memberships.put(tenant.MembershipRow{UserID: row.ID, Email: row.Email, Organization: o.Code, ExternalID: o.ExternalID,
				Roles: o.Roles, Permissions: o.Permissions}); err != nil {
				return err
			}
		}
		if n++; n%1000 == 0 {
			x.Tell("Writing users", n, total)
		}
	}
	if err := users.done(); err != nil {
		return err
	}
	return memberships.done()
}

// notCopied says what a backup lacks, and why.
func notCopied(d Detail, permissionsSkipped bool) []NotCopied {
	out := []NotCopied{
		{"passwords", "Kinde's API does not show them; Kinde's own encrypted export does, and restore --passwords reads it"},
		{"feature flag overrides of users", "Kinde's API does not show them"},
		{"API scopes of users", "Kinde's API adds and deletes them, and does not show them"},
		{"types and categories of properties", "Kinde's API does not show which type and category a property has"},
		{"names and override levels of feature flags", "Kinde's API shows keys, types and values only"},
		{"secrets of connections and of second factors", "Kinde's API does not show them"},
		{"applications, APIs, webhooks, branding and settings", "they are not part of a backup of users"},
	}
	if d == Fast {
		out = append(
			out,
			NotCopied{
				"verified states of identities",
				"they take one request per user: use --detail full. A restore creates identities as not verified",
			},
			NotCopied{"second factors and sessions", "they take several requests per user: use --detail full"},
			NotCopied{"states, properties and feature flags of organizations", "they take several requests per organization: use --detail full"},
		)
	}
	if permissionsSkipped {
		out = append(out, NotCopied{"permissions given to members directly", "they take many requests here: use --detail full"})
	}
	return out
}

// writeLists writes each list of definitions as a file of its own.
func writeLists(a *archive, d *tenant.Lists) error {
	for _, f := range []func() error{
		func() error { return writeAll(a, KindOrganizations, d.Organizations) },
		func() error { return writeAll(a, KindRoles, d.Roles) },
		func() error { return writeAll(a, KindPermissions, d.Permissions) },
		func() error { return writeAll(a, KindProperties, d.Properties) },
		func() error { return writeAll(a, KindCategories, d.Categories) },
		func() error { return writeAll(a, KindConnections, d.Connections) },
		func() error { return writeAll(a, KindFlags, d.Flags) },
	} {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}
