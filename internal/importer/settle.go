package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// settler finds out whose a user is.
type settler struct {
	target Target
	clock  func() time.Time // the server's

	mu        sync.Mutex
	unsettled []unsettled
	doubted   map[int64]time.Time // creates without an answer that a snapshot did not show, by intent
	openSince map[int64]time.Time // suspended users between create and suspension
	longest   time.Duration
}

// unsettled is a create in doubt that only a snapshot can settle.
type unsettled struct {
	record checkpoint.Record
	wanted ownership
	intent time.Time // by the server's clock
}

// ownership is what a user must show to be ours.
type ownership struct {
	sourceID  string
	names     [][2]string // given and family name
	addresses []string    // folded: "email:…", "phone:…", "username:…"
	sent      []string    // addresses that creates in doubt asked for when the source said otherwise
	unlooked  bool        // nobody looked who was there before the intent: a file was written without the tenant
}

// ownershipOf is what a user shows who was made for the record as it is, or by
// an earlier create of it.
func ownershipOf(w *wanted, earlier intended) ownership {
	return ownership{
		sourceID:  strings.Clone(w.user.SourceID),
		names:     append([][2]string{{strings.Clone(w.user.GivenName), strings.Clone(w.user.FamilyName)}}, earlier.Names...),
		addresses: addressesOf(w.identities),
		sent:      addressesOf(earlier.identities()),
		unlooked:  earlier.File != "",
	}
}

// all are the addresses that the record says, and those that were asked for.
func (o *ownership) all() []string { return slices.Concat(o.addresses, o.sent) }

// hit tells whether the record as it is may mean the user, be it ours or not.
func (o *ownership) hit(u *kinde.User) bool {
	return share(u, o.addresses) || o.sourceID != "" && u.ProvidedID == o.sourceID || o.sourceID == "" && len(o.addresses) == 0 && o.named(u)
}

// brought lists the addresses of a user of ours that its create asked for.
func (o *ownership) brought(u *kinde.User) (keys []string) {
	asked := o.all()
	for _, a := range shownAddresses(u) {
		if slices.Contains(asked, a) && !slices.Contains(keys, a) {
			keys = append(keys, a)
		}
	}
	return keys
}

// named tells whether the user has the names of the record.
func (o *ownership) named(u *kinde.User) bool {
	return slices.ContainsFunc(o.names, func(n [2]string) bool { return sameName(u.FirstName, n[0]) && sameName(u.LastName, n[1]) })
}

func asKinde(err error) *kinde.Error {
	e, _ := errors.AsType[*kinde.Error](err)
	return e
}

// ours is proves for a user whose listing does not show the provided id: some
// listings leave it out, so it is looked at by itself.
func (x *settler) ours(ctx context.Context, u *kinde.User, o ownership, intent time.Time) (evidence, bool, error) {
	if o.sourceID != "" && u.ProvidedID == "" {
		shown, err := x.target.GetUserData(ctx, u.ID, kinde.ExpandIdentities)
		switch {
		case err == nil:
			u = &shown
		case kinde.ClassOf(err) != kinde.ClassNotFound:
			return evidence{}, false, err
		}
	}
	seen, ours := x.proves(u, o, intent)
	return seen, ours, nil
}

// doubt remembers a create without an answer that nobody was found for: a tenant
// may show what it has only after a while.
func (x *settler) doubt(record int64, intent time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, known := x.doubted[record]; !known {
		x.doubted[record] = intent
	}
}

// doubtOf returns the intent of such a create.
func (x *settler) doubtOf(record int64) (intent time.Time, doubted bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	intent, doubted = x.doubted[record]
	return intent, doubted
}

// clockGrain is how coarse the server's times may be: whole seconds, twice.
const clockGrain = 2 * time.Second

// proves tells whether a user that was absent before the intent is the one that
// the create made: it carries the provided id that we sent, and an address too
// where both have one; without a source id it was created after the intent by
// the server's clock, has the same names and never signed in. Where no address can
// tell, one that was made before the intent is not it either. An address alone
// proves nothing: a stranger may have registered it meanwhile, and would be
// handed another's account. Nor does an id: other sources have the same ones. Where
// nobody looked before the intent, only one that was made since is it.
func (x *settler) proves(u *kinde.User, o ownership, intent time.Time) (evidence, bool) {
	seen := evidence{Rule: ruleProvidedID, ProvidedID: o.sourceID, CreatedOn: u.CreatedOn, Intent: intent}
	if o.unlooked && !since(u, intent) {
		return seen, false
	}
	if o.sourceID != "" {
		asked := o.all()
		return seen, u.ProvidedID == o.sourceID && (share(u, asked) || !strange(u, asked) && !older(u, intent))
	}
	seen.Rule = ruleNames
	return seen, unclaimed(u, intent) && o.named(u)
}

// unclaimed tells whether the tenant made the user after the intent, and nobody has
// given them an id or signed in as them.
func unclaimed(u *kinde.User, intent time.Time) bool {
	return u.ProvidedID == "" && u.TotalSignIns == 0 && u.LastSignedIn.IsZero() && since(u, intent)
}

// since tells whether the tenant made the user after the intent, by its own clock.
func since(u *kinde.User, intent time.Time) bool {
	return !u.CreatedOn.IsZero() && !u.CreatedOn.Before(intent.Add(-clockGrain))
}

// older tells whether the tenant made the user before the intent for sure.
func older(u *kinde.User, intent time.Time) bool { return !u.CreatedOn.IsZero() && !since(u, intent) }

func sameName(a, b string) bool { return strings.TrimSpace(a) == strings.TrimSpace(b) }

// byIdentities returns the users that have one of the identities.
func (x *settler) byIdentities(ctx context.Context, identities []mapping.Identity) ([]kinde.User, error) {
	var found []kinde.User
	for _, r := range lookUps(identities) {
		for page, err := range x.target.GetUsersPages(ctx, r) {
			if err != nil {
				return nil, fmt.Errorf("looking up who has an identity: %w", err)
			}
			found = append(found, page.Items...)
		}
	}
	return distinct(holders(found, identities)), nil
}

// holders keeps the users that really show one of the identities: a tenant that
// ignores a filter it does not know answers with everybody.
func holders(users []kinde.User, identities []mapping.Identity) []kinde.User {
	asked := addressesOf(identities)
	return slices.DeleteFunc(users, func(u kinde.User) bool { return !share(&u, asked) })
}

func distinct(users []kinde.User) []kinde.User {
	seen := make(map[string]bool, len(users))
	out := users[:0]
	for _, u := range users {
		if !seen[u.ID] {
			seen[u.ID] = true
			out = append(out, u)
		}
	}
	return out
}

// later leaves a create in doubt to the snapshot at the end.
func (x *settler) later(r checkpoint.Record, o ownership, intent time.Time) {
	u := unsettled{record: r, wanted: o, intent: intent}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.unsettled = append(x.unsettled, u)
}

// take returns and forgets what waits for the snapshot.
func (x *settler) take() []unsettled {
	x.mu.Lock()
	defer x.mu.Unlock()
	u := x.unsettled
	x.unsettled = nil
	return u
}

// created starts the clock of a user that must be suspended.
func (x *settler) created(record int64, at time.Time, suspend bool) {
	if !suspend {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.openSince[record] = at
}

// closed stops it.
func (x *settler) closed(record int64, at time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if since, ok := x.openSince[record]; ok {
		delete(x.openSince, record)
		x.longest = max(x.longest, at.Sub(since))
	}
}

// gap returns how long a user was open at most.
func (x *settler) gap() time.Duration {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.longest
}
