package tenant

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Details are what only requests for a user by itself show.
type Details struct {
	ReadOn     time.Time      `json:"read_on"` // when it was asked for, which may be an earlier backup
	Identities []Confirmation `json:"identities,omitempty"`
	MFA        []Factor       `json:"mfa,omitempty"`
	Sessions   []Session      `json:"sessions,omitempty"`
	Cut        bool           `json:"cut,omitempty"`
}

// Confirmation is the state of one identity.
type Confirmation struct {
	Type         string `json:"type"`
	Value        string `json:"value"`
	ConnectionID string `json:"connection_id,omitempty"`
	Verified     bool   `json:"verified"`
	Primary      bool   `json:"primary"`
}

// DetailSource knows what an earlier backup read of a user, nil when that may
// no longer be true.
type DetailSource interface {
	DetailsOf(ctx context.Context, row *Row) (*Details, error)
}

// fill adds the details to a row.
func (d *Details) fill(row *Row, p Parts) {
	row.DetailsOn = moment(d.ReadOn)
	if p.Verified {
		for _, c := range d.Identities {
			at := slices.IndexFunc(row.Identities, func(i Identity) bool {
				return i.Type == c.Type && compare.Fold(i.Type, i.Value) == compare.Fold(c.Type, c.Value) &&
					(i.ConnectionID == "" || c.ConnectionID == "" || i.ConnectionID == c.ConnectionID)
			})
			if at < 0 {
				row.Identities = append(row.Identities, Identity{Type: c.Type, Value: c.Value, ConnectionID: c.ConnectionID})
				at = len(row.Identities) - 1
			}
			row.Identities[at].Verified, row.Identities[at].Primary = &c.Verified, &c.Primary
			if row.Identities[at].ConnectionID == "" {
				row.Identities[at].ConnectionID = c.ConnectionID
			}
		}
	}
	if p.MFA {
		row.MFA = d.MFA
		if row.MFA == nil {
			row.MFA = []Factor{}
		}
	}
	if p.Sessions {
		row.Sessions, row.SessionsCut = d.Sessions, d.Cut
		if row.Sessions == nil {
			row.Sessions = []Session{}
		}
	}
}

// readDetails asks for each user by itself, unless an earlier backup answers.
func (r *reader) readDetails(ctx context.Context) error {
	total, err := r.stage.count(ctx, "SELECT count(*) FROM user")
	if err != nil {
		return err
	}
	after := ""
	for {
		ids, err := r.stage.ids(ctx, "SELECT id FROM user WHERE id > ? AND detail IS NULL ORDER BY id LIMIT ?", after, 200)
		if err != nil || len(ids) == 0 {
			return err
		}
		last := ids[len(ids)-1]
		if r.opt.Before != nil {
			if ids, err = r.carryOver(ctx, after, last); err != nil {
				return err
			}
		}
		if err := r.each(ctx, ids, r.readDetail); err != nil {
			return err
		}
		after = last
		done, err := r.stage.count(ctx, "SELECT count(*) FROM user WHERE detail IS NOT NULL")
		if err != nil {
			return err
		}
		r.progress.stage("Reading details", done, total)
	}
}

// carryOver takes the details of users who did not change from an earlier backup,
// and returns who is left to be asked for. Details that an interrupted run read are
// newer than those of any backup.
func (r *reader) carryOver(ctx context.Context, after, last string) (left []string, err error) {
	for row, err := range r.rowsFrom(ctx, after, last) {
		if err != nil {
			return nil, err
		}
		if row.DetailsOn != nil {
			continue
		}
		d, err := r.opt.Before.DetailsOf(ctx, row)
		if err != nil {
			return nil, err
		}
		if d == nil {
			left = append(left, row.ID)
			continue
		}
		if err := r.stage.putDetail(ctx, row.ID, d); err != nil {
			return nil, err
		}
	}
	return left, nil
}

func (r *reader) readDetail(ctx context.Context, id string) error {
	d := &Details{ReadOn: r.opt.Now().UTC()}
	if err := r.ask(ctx, id, d); err != nil {
		return r.leaveOut(ctx, id, fmt.Errorf("reading the details of the user %s: %w", id, err))
	}
	return r.stage.putDetail(ctx, id, d)
}

func (r *reader) ask(ctx context.Context, id string, d *Details) error {
	if r.parts.Verified {
		for i, err := range r.tenant.GetUserIdentities(ctx, id) {
			if err != nil {
				return err
			}
			value := i.Name
			if value == "" {
				value = i.Email
			}
			d.Identities = append(
				d.Identities,
				Confirmation{Type: i.Kind(), Value: value, ConnectionID: i.ConnectionID, Verified: i.IsConfirmed, Primary: i.IsPrimary},
			)
		}
	}
	if r.parts.MFA {
		factors, err := r.tenant.GetUsersMFA(ctx, id)
		if err != nil && kinde.ClassOf(err) != kinde.ClassNotFound {
			return err
		}
		for _, f := range factors {
			d.MFA = append(
				d.MFA,
				Factor{
					ID:         f.ID,
					Type:       f.Type,
					Name:       f.Name,
					IsVerified: f.IsVerified,
					CreatedOn:  moment(f.CreatedOn),
					LastUsedOn: moment(f.LastUsedOn),
				},
			)
		}
	}
	if r.parts.Sessions {
		sessions, more, err := r.tenant.GetUserSessions(ctx, id)
		if err != nil && kinde.ClassOf(err) != kinde.ClassNotFound {
			return err
		}
		d.Cut = more
		for _, s := range sessions {
			d.Sessions = append(d.Sessions, Session{ID: s.SessionID, OrgCode: s.OrgCode, ClientID: s.ClientID, StartedOn: moment(s.StartedOn),
				ExpiresOn: moment(s.ExpiresOn), IPAddress: s.LastIPAddress, UserAgent: s.LastUserAgent})
		}
	}
	return nil
}

func (s *stage) putDetail(ctx context.Context, id string, d *Details) error {
	data, err := pack(d)
	if err != nil {
		return err
	}
	linked := slices.ContainsFunc(d.Identities, func(c Confirmation) bool { return c.ConnectionID != "" })
	return s.tx(ctx, func(tx *sql.Tx) error {
		if linked {
			if err := setMeta(ctx, tx, "linked", "yes"); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "UPDATE user SET detail = ? WHERE id = ?", data, id)
		return err
	})
}
