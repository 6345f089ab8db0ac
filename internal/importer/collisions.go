package importer

import (
	"context"
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Collisions is how many ids of a source somebody else in the tenant carries.
type Collisions struct {
	IDs   int64 // records that have an id
	Taken int64 // of them: somebody else carries it
	Users int64 // of the tenant that were looked at
	All   bool  // that is everyone

	SourceID, KindeID string // the first of them, and who carries it
}

// KnownUsers tells which users of the tenant a job knows. A checkpoint's Reader is one.
type KnownUsers interface {
	RecordsByKindeID(ctx context.Context, ids []string) (map[string]checkpoint.Record, error)
}

// collisionPages bounds how many pages of users are read for a mere question.
const collisionPages = 40

// CollisionsOf compares the ids of a source with those of the tenant's users, as
// an import does: who carries the id of a record and has none of its addresses is
// somebody else. Whom the job of known (nil: none) brought is not.
func CollisionsOf(ctx context.Context, s Source, t Target, known KnownUsers) (Collisions, error) {
	v := &collider{ctx: ctx, carriers: map[string][]carrier{}}
	pages := 0
	for page, err := range t.GetUsersPages(ctx, kinde.GetUsersRequest{Expand: inFull}) {
		if err != nil {
			return Collisions{}, fmt.Errorf("reading whose ids the tenant has: %w", err)
		}
		if err := v.compare(page.Items, known); err != nil {
			return Collisions{}, err
		}
		if v.found.All = page.Next == ""; v.found.All {
			break
		}
		if pages++; pages == collisionPages {
			break
		}
	}
	if _, err := s.Scan(ctx, v); err != nil {
		return Collisions{}, fmt.Errorf("reading the source: %w", err)
	}
	return v.found, nil
}

type carrier struct {
	id        string // Kinde's
	addresses []string
}

type collider struct {
	ctx      context.Context
	carriers map[string][]carrier // by provided id
	found    Collisions
}

func (v *collider) compare(users []kinde.User, known KnownUsers) error {
	ours := map[string]checkpoint.Record{}
	if known != nil {
		ids := make([]string, len(users))
		for i := range users {
			ids[i] = users[i].ID
		}
		var err error
		if ours, err = known.RecordsByKindeID(v.ctx, ids); err != nil {
			return fmt.Errorf("asking whose a user is: %w", err)
		}
	}
	for i := range users {
		u := &users[i]
		v.found.Users++
		r, mine := ours[u.ID]
		if u.ProvidedID != "" && !(mine && r.SourceID == u.ProvidedID) {
			v.carriers[u.ProvidedID] = append(v.carriers[u.ProvidedID], carrier{u.ID, shownAddresses(u)})
		}
	}
	return nil
}

func (v *collider) Add(i intake.Item) error {
	v.count(&i, 1)
	return v.ctx.Err()
}

func (v *collider) Replace(old, now intake.Item) error {
	v.count(&old, -1)
	v.count(&now, 1)
	return v.ctx.Err()
}

func (v *collider) count(i *intake.Item, by int64) {
	if i.Disposition != intake.Use || i.User == nil || i.User.SourceID == "" {
		return
	}
	v.found.IDs += by
	id := v.taken(i.User)
	if id == "" {
		return
	}
	if v.found.Taken += by; v.found.KindeID == "" {
		v.found.SourceID, v.found.KindeID = i.User.SourceID, id
	}
}

// taken returns who else carries the id of a record, "" when nobody does or one
// of them may be the person.
func (v *collider) taken(u *mapping.User) (other string) {
	addresses := addressesOf(u.Identities)
	for _, c := range v.carriers[u.SourceID] {
		if !apart(addresses, c.addresses) {
			return ""
		}
		other = c.id
	}
	return other
}
