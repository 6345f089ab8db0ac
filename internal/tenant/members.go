package tenant

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// How memberships were read; kept in the stage.
const (
	membersByOrganization = "organization"
	membersByRole         = "role"
)

// keySeparator stands between keys in the stage; it can't be in a key.
const keySeparator = "\x1f"

func joinKeys(keys []string) string {
	keys = slices.Clone(keys)
	slices.Sort(keys)
	return strings.Join(slices.Compact(keys), keySeparator)
}

func splitKeys(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, keySeparator)
}

// pageSize is how many items a page of a list holds, as far as planning goes.
const pageSize = 500

// readMembers reads who has which roles where: by organization or by role,
// whichever takes fewer requests. What the organizations cost is known from the
// users' memberships; what the roles cost shows only on the way, so they are
// abandoned once they have cost as much.
func (r *reader) readMembers(ctx context.Context) error {
	if done, err := r.stage.meta(ctx, "members"); err != nil || done != "" {
		return err
	}
	if len(r.roles) == 0 {
		return r.stage.setMeta(ctx, "members", membersByRole)
	}
	sizes, cost, err := r.memberPages(ctx)
	if err != nil {
		return err
	}
	users, err := r.stage.count(ctx, "SELECT count(*) FROM user")
	if err != nil {
		return err
	}
	// Each role costs a page at least; people seldom hold more than one.
	if int64(len(r.roles))+users/pageSize < cost {
		enough, err := r.membersByRole(ctx, cost)
		if err != nil || enough {
			return err
		}
	}
	return r.membersByOrganization(ctx, sizes)
}

// memberPages returns the organizations that have members, and how many requests their lists take.
func (r *reader) memberPages(ctx context.Context) (codes []string, cost int64, err error) {
	rows, err := r.stage.db.QueryContext(ctx, "SELECT org, count(*) FROM member WHERE claimed GROUP BY org ORDER BY org")
	if err != nil {
		return nil, 0, fmt.Errorf("counting the members: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var code string
		var n int64
		if err := rows.Scan(&code, &n); err != nil {
			return nil, 0, err
		}
		codes = append(codes, code)
		cost += (n + pageSize - 1) / pageSize
	}
	return codes, cost, rows.Err()
}

func (r *reader) membersByRole(ctx context.Context, budget int64) (enough bool, err error) {
	if err := r.stage.forgetRoles(ctx); err != nil {
		return false, err
	}
	var requests int64
	for n, role := range r.roles {
		after := ""
		for p, err := range r.tenant.GetRoleUsersPages(ctx, role.ID, kinde.ListRequest{After: after}) {
			if err != nil {
				if err = r.unlessRoleGone(ctx, role.ID, err); err == nil {
					break // deleted meanwhile
				}
				return false, fmt.Errorf("listing who has the role %s: %w", role.Key, err)
			}
			if err := r.stage.putHolders(ctx, role.Key, p.Items); err != nil {
				return false, err
			}
			if requests++; requests > budget && (p.Next != "" || n+1 < len(r.roles)) {
				return false, r.stage.forgetRoles(ctx)
			}
		}
		r.progress.stage("Reading roles", int64(n+1), int64(len(r.roles)))
	}
	return true, r.stage.setMeta(ctx, "members", membersByRole)
}

func (r *reader) membersByOrganization(ctx context.Context, codes []string) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(r.opt.Concurrency)
	for n, code := range codes {
		g.Go(func() error {
			for p, err := range r.tenant.GetOrganizationUsersPages(gctx, code, kinde.GetOrganizationUsersRequest{}) {
				if err != nil {
					if err = r.unlessOrganizationGone(gctx, code, err); err == nil {
						return nil // deleted meanwhile; its members disagree and are read again
					}
					return fmt.Errorf("listing the members of %s: %w", code, err)
				}
				if err := r.stage.putMembers(gctx, code, p.Items); err != nil {
					return err
				}
			}
			r.progress.stage("Reading organizations", int64(n+1), int64(len(codes)))
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return r.stage.setMeta(ctx, "members", membersByOrganization)
}

func (s *stage) forgetRoles(ctx context.Context) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM member WHERE NOT claimed"); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE member SET roles = '', shown = 0")
		return err
	})
}

// putMembers keeps a page of an organization's members.
func (s *stage) putMembers(ctx context.Context, code string, members []kinde.Member) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		put, err := tx.PrepareContext(ctx, `INSERT INTO member(user, org, shown, roles) VALUES(?, ?, 1, ?)
			ON CONFLICT DO UPDATE SET shown = 1, roles = excluded.roles`)
		if err != nil {
			return err
		}
		defer put.Close()
		for i := range members {
			if _, err := put.ExecContext(ctx, members[i].ID, code, joinKeys(members[i].Roles)); err != nil {
				return err
			}
		}
		return nil
	})
}

// putHolders keeps a page of those who hold a role.
func (s *stage) putHolders(ctx context.Context, key string, holders []kinde.RoleUser) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		put, err := tx.PrepareContext(ctx, `INSERT INTO member(user, org, shown, roles) VALUES(?, ?, 1, ?)
			ON CONFLICT DO UPDATE SET shown = 1, roles = CASE WHEN roles = '' THEN excluded.roles
			WHEN instr(?4 || roles || ?4, ?4 || excluded.roles || ?4) THEN roles ELSE roles || ?4 || excluded.roles END`)
		if err != nil {
			return err
		}
		defer put.Close()
		for _, h := range holders {
			for _, code := range h.OrgCodes {
				if _, err := put.ExecContext(ctx, h.ID, code, key, keySeparator); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// putRoles keeps the roles of one member.
func (s *stage) putRoles(ctx context.Context, code, id string, keys []string) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE member SET roles = ?, shown = 1 WHERE user = ? AND org = ?", joinKeys(keys), id, code)
		return err
	})
}

// leave forgets a membership that ended between two requests.
func (s *stage) leave(ctx context.Context, code, id string) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM member WHERE user = ? AND org = ?", id, code)
		return err
	})
}

func (s *stage) putPermissions(ctx context.Context, code, id, key string) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE member SET permissions = CASE WHEN permissions = '' THEN ?3
			WHEN instr(?4 || permissions || ?4, ?4 || ?3 || ?4) THEN permissions ELSE permissions || ?4 || ?3 END WHERE user = ?2 AND org = ?1`,
			code, id, key, keySeparator)
		return err
	})
}
