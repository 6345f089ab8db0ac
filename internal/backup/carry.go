package backup

import (
	"context"
	"hash/fnv"
	"iter"
	"slices"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// carrier walks an earlier full backup beside the users of a new one, both in
// the order of their ids, and hands over details of users who did not change.
//
// What is hidden in the details changes when somebody signs in, when identities
// come or go, or by the hand of an administrator. The first two show in the
// lists; for the third, details are asked for again after 20 to 29 days, whatever
// the lists say.
type carrier struct {
	next  func() (*tenant.Row, error, bool)
	stop  func()
	row   *tenant.Row
	now   time.Time
	count int64
	spent bool
}

func newCarrier(folder string, m *Manifest, ids Identities, now time.Time) *carrier {
	next, stop := iter.Pull2(rowsOf[tenant.Row](folder, m, KindUsers, ids))
	return &carrier{next: next, stop: stop, now: now}
}

func (c *carrier) close() { c.stop() }

// DetailsOf must be called in the order of ids. A backup that can't be read to
// its end has nothing more to give; everyone else is asked for.
func (c *carrier) DetailsOf(_ context.Context, row *tenant.Row) (*tenant.Details, error) {
	for !c.spent && (c.row == nil || c.row.ID < row.ID) {
		r, err, ok := c.next()
		if !ok || err != nil {
			c.spent = true
			break
		}
		c.row = r
	}
	if c.spent || c.row.ID != row.ID || !unchanged(c.row, row, c.now) {
		return nil, nil
	}
	c.count++
	d := &tenant.Details{ReadOn: *c.row.DetailsOn, MFA: c.row.MFA, Sessions: liveSessions(c.row.Sessions, c.now), Cut: c.row.SessionsCut}
	for _, i := range c.row.Identities {
		if i.Verified != nil {
			d.Identities = append(
				d.Identities,
				tenant.Confirmation{
					Type:         i.Type,
					Value:        i.Value,
					ConnectionID: i.ConnectionID,
					Verified:     *i.Verified,
					Primary:      i.Primary != nil && *i.Primary,
				},
			)
		}
	}
	return d, nil
}

// unchanged tells whether nothing that the lists show of a user has moved since
// its details were read.
func unchanged(old *tenant.Row, now *tenant.Row, at time.Time) bool {
	if old.DetailsOn == nil || at.Sub(*old.DetailsOn) >= carried(now.ID) || at.Before(*old.DetailsOn) {
		return false
	}
	same := old.TotalSignIns == now.TotalSignIns && sameMoment(old.LastSignedIn, now.LastSignedIn) &&
		sameMoment(old.CreatedOn, now.CreatedOn) &&
		old.Email == now.Email &&
		old.Phone == now.Phone &&
		old.Username == now.Username &&
		old.IsSuspended == now.IsSuspended &&
		len(old.Identities) == len(now.Identities)
	if !same {
		return false
	}
	for _, i := range now.Identities {
		at := slices.IndexFunc(old.Identities, func(o tenant.Identity) bool {
			return o.Type == i.Type && o.Value == i.Value && (i.ConnectionID == "" || o.ConnectionID == i.ConnectionID)
		})
		// An unconfirmed address may have been confirmed since, without a sign-in.
		if at < 0 || old.Identities[at].Verified == nil {
			return false
		}
		if (i.Type == kinde.IdentityEmail || i.Type == kinde.IdentityPhone) && !*old.Identities[at].Verified {
			return false
		}
	}
	return true
}

func sameMoment(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// liveSessions leaves out those that have ended by themselves.
func liveSessions(list []tenant.Session, now time.Time) []tenant.Session {
	return slices.DeleteFunc(slices.Clone(list), func(s tenant.Session) bool { return s.ExpiresOn != nil && s.ExpiresOn.Before(now) })
}

// Bounds of the age of details that are carried over. Between them the id
// decides, so that not everyone is asked for in the same night.
const (
	minCarried = 20 * 24 * time.Hour
	spread     = 10 // days
)

// carried tells how long details of this user may be carried over.
func carried(id string) time.Duration {
	h := fnv.New32a()
	h.Write([]byte(id))
	return minCarried + time.Duration(h.Sum32()%spread)*24*time.Hour
}
