package reconcile

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// shown is a user of the tenant as the comparison needs him.
type shown struct {
	compare.User
	// Connections tells that the tenant shows to which connection an identity belongs.
	Connections bool
	SignedIn    bool
}

// readTenant reads everyone by pages. What two listings disagree on is asked
// again by the reader itself.
func (r *reconciler) readTenant(ctx context.Context) (err error) {
	reading, err := tenant.Read(ctx, r.opt.Tenant, tenant.ReadOptions{
		Parts:       tenant.Parts{Identities: true, Organizations: true, Roles: true, Properties: true},
		TempDir:     r.opt.TempDir,
		Concurrency: r.opt.Concurrency,
		Progress:    func(p tenant.Progress) { r.progress(p.Stage, p.Done, p.Total) },
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reading.Close(true)) }()
	page := make([]*tenant.Row, 0, pageOf)
	for row, err := range reading.Rows(ctx) {
		if err != nil {
			return err
		}
		if page = append(page, row); len(page) == pageOf {
			if err := r.keepUsers(ctx, page); err != nil {
				return err
			}
			page = page[:0]
		}
	}
	return r.keepUsers(ctx, page)
}

func (r *reconciler) keepUsers(ctx context.Context, page []*tenant.Row) error {
	if len(page) == 0 {
		return nil
	}
	return r.stage.batch(ctx, func(tx *sql.Tx) error {
		put, err := tx.PrepareContext(ctx, `INSERT INTO have(seq, id, created, user, addressed) VALUES(?, ?, ?, ?, ?)`)
		if err != nil {
			return err
		}
		defer put.Close()
		key, err := tx.PrepareContext(ctx, `INSERT INTO have_key(rank, key, seq) VALUES(?, ?, ?)`)
		if err != nil {
			return err
		}
		defer key.Close()
		for _, row := range page {
			u := shownUser(row)
			data, err := json.Marshal(&u)
			if err != nil {
				return err
			}
			created := int64(0)
			if row.CreatedOn != nil {
				created = row.CreatedOn.UnixMilli()
			}
			r.users++
			keys := keysOf(row.ID, row.ProvidedID, u.Identities)
			if _, err := put.ExecContext(ctx, r.users, row.ID, created, data, addressed(keys)); err != nil {
				return err
			}
			for _, k := range keys {
				if _, err := key.ExecContext(ctx, int(k.rank), k.key, r.users); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// shownUser turns a row of the listing into the comparison's terms.
func shownUser(row *tenant.Row) shown {
	u := shown{
		User: compare.User{ID: row.ID, ProvidedID: row.ProvidedID, GivenName: row.FirstName, FamilyName: row.LastName, Picture: row.Picture,
			Suspended: row.IsSuspended, Properties: row.Properties, Organizations: make(map[string][]string, len(row.Organizations))},
		Connections: true,
		SignedIn:    row.LastSignedIn != nil || row.TotalSignIns > 0,
	}
	for _, i := range row.Identities {
		u.Identities = append(u.Identities, compare.Identity{Kind: i.Type, Value: i.Value, Connection: i.ConnectionID})
		if (i.Type == kinde.IdentitySocial || i.Type == kinde.IdentityEnterprise) && i.ConnectionID == "" {
			u.Connections = false
		}
	}
	// A listing that shows no identities still shows the primary ones.
	for _, x := range []compare.Identity{{Kind: "email", Value: row.Email}, {Kind: "phone", Value: row.Phone},
		{Kind: "username", Value: row.Username}} {
		if x.Value != "" && !slices.ContainsFunc(u.Identities, func(i compare.Identity) bool {
			return i.Kind == x.Kind && compare.Fold(i.Kind, i.Value) == compare.Fold(x.Kind, x.Value)
		}) {
			u.Identities = append(u.Identities, x)
		}
	}
	for _, m := range row.Organizations {
		u.Organizations[m.Code] = m.Roles
	}
	return u
}
