package tenant

import (
	"context"
	"fmt"
	"iter"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// rowBatch is how many users are assembled at once.
const rowBatch = 500

type stagedUser struct {
	id                    string
	found, listed, detail []byte
}

// Rows returns the users in the order of their ids.
func (x *Reading) Rows(ctx context.Context) iter.Seq2[*Row, error] { return x.r.rows(ctx) }

func (r *reader) rows(ctx context.Context) iter.Seq2[*Row, error] { return r.rowsFrom(ctx, "", "") }

// rowsFrom returns the users behind after, up to last ("": all).
func (r *reader) rowsFrom(ctx context.Context, after, end string) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		after := after
		for {
			users, err := r.stage.users(ctx, after)
			if err != nil {
				yield(nil, err)
				return
			}
			if len(users) == 0 {
				return
			}
			last := users[len(users)-1].id
			members, err := r.stage.members(ctx, after, last)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range users {
				if end != "" && users[i].id > end {
					return
				}
				row, err := r.assemble(&users[i], members[users[i].id])
				if !yield(row, err) || err != nil {
					return
				}
			}
			after = last
		}
	}
}

func (s *stage) users(ctx context.Context, after string) ([]stagedUser, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT id, found, listed, detail FROM user WHERE id > ? ORDER BY id LIMIT ?", after, rowBatch)
	if err != nil {
		return nil, fmt.Errorf("reading what was kept: %w", err)
	}
	defer rows.Close()
	out := make([]stagedUser, 0, rowBatch)
	for rows.Next() {
		var u stagedUser
		if err := rows.Scan(&u.id, &u.found, &u.listed, &u.detail); err != nil {
			return nil, fmt.Errorf("reading what was kept: %w", err)
		}
		out = append(out, u)
	}
	return out, rows.Err()
}

type stagedMember struct {
	org                string
	roles, permissions []string
}

func (s *stage) members(ctx context.Context, after, last string) (map[string][]stagedMember, error) {
	rows, err := s.db.QueryContext(
		ctx,
		"SELECT user, org, roles, permissions FROM member WHERE user > ? AND user <= ? AND claimed ORDER BY user, org",
		after,
		last,
	)
	if err != nil {
		return nil, fmt.Errorf("reading what was kept: %w", err)
	}
	defer rows.Close()
	out := map[string][]stagedMember{}
	for rows.Next() {
		var id, roles, permissions string
		var m stagedMember
		if err := rows.Scan(&id, &m.org, &roles, &permissions); err != nil {
			return nil, fmt.Errorf("reading what was kept: %w", err)
		}
		m.roles, m.permissions = splitKeys(roles), splitKeys(permissions)
		out[id] = append(out[id], m)
	}
	return out, rows.Err()
}

// assemble makes the row of a user from all that was read of it.
func (r *reader) assemble(u *stagedUser, members []stagedMember) (*Row, error) {
	var found, listed *kinde.User
	if u.found != nil {
		found = &kinde.User{}
		if err := unpack(u.found, found); err != nil {
			return nil, err
		}
	}
	if u.listed != nil {
		listed = &kinde.User{}
		if err := unpack(u.listed, listed); err != nil {
			return nil, err
		}
	}
	row := r.parts.profile(found, listed)
	if r.parts.Organizations {
		row.Organizations = make([]Membership, 0, len(members))
		for _, m := range members {
			o := r.organizations[m.org]
			x := Membership{Code: m.org, ExternalID: o.ExternalID, Name: o.Name}
			if r.parts.Roles {
				x.Roles = present(m.roles)
			}
			if r.parts.Permissions && !r.skippedPermissions {
				x.Permissions = present(m.permissions)
			}
			row.Organizations = append(row.Organizations, x)
		}
	}
	if u.detail != nil {
		var d Details
		if err := unpack(u.detail, &d); err != nil {
			return nil, err
		}
		d.fill(row, r.parts)
	}
	// The details may name a connection that the listings don't.
	for i := range row.Identities {
		if c, ok := r.connections[row.Identities[i].ConnectionID]; ok {
			row.Identities[i].Connection = ConnectionRef{Strategy: c.Strategy, Name: c.Name}
		}
	}
	return row, nil
}

// present turns "none" into an empty list, which differs from "not read".
func present(keys []string) []string {
	if keys == nil {
		return []string{}
	}
	return keys
}
