package importer

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"sync"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// rehearsal is a target that reads the real one and only counts what it is told
// to write. Reads of users that it has "created" answer from memory-free rules:
// a new user has nothing yet. What decides whether somebody else can have an
// identity it remembers: who was deleted, and which identities have moved.
type rehearsal struct {
	Target // reads

	mu      sync.Mutex
	counts  map[string]int64
	created int64

	deleted map[string]bool        // users
	seen    map[string]ofUser      // identities that were shown, by their id
	gone    map[ofUser]bool        // identities that were removed
	taken   map[engine.StepID]bool // e-mails, phones and usernames that were added
	added   map[string][]kinde.Identity
	looks   map[string]int64 // requests that only a rehearsal makes, by operation

	// holder tells which user of ours has an identity by what the checkpoint knows.
	holder func(context.Context, engine.StepID) (userID string, err error)
}

// ofUser is an identity of a user.
type ofUser struct {
	user string
	id   engine.StepID
}

func newRehearsal(t Target, holder func(context.Context, engine.StepID) (string, error)) *rehearsal {
	return &rehearsal{Target: t, counts: map[string]int64{}, deleted: map[string]bool{}, seen: map[string]ofUser{}, gone: map[ofUser]bool{},
		taken: map[engine.StepID]bool{}, added: map[string][]kinde.Identity{}, looks: map[string]int64{},
		holder: holder}
}

func (d *rehearsal) count(operation string, n int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[operation] += n
}

// planned is what a run without faults will send: the writes that were counted
// and the reads that were really made.
func (d *rehearsal) planned(recorder *engine.Recorder) map[string]int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make(map[string]int64, len(d.counts))
	for op, n := range d.counts {
		all[op] = n
	}
	for _, c := range recorder.Calls() {
		all[c.Operation] += c.Succeeded - d.looks[c.Operation]
	}
	return all
}

// GetUsersPages shows users as they would be.
func (d *rehearsal) GetUsersPages(ctx context.Context, r kinde.GetUsersRequest) iter.Seq2[kinde.Page[kinde.User], error] {
	return func(yield func(kinde.Page[kinde.User], error) bool) {
		for page, err := range d.Target.GetUsersPages(ctx, r) {
			d.mu.Lock()
			if len(d.deleted)+len(d.gone) > 0 {
				page.Items = slices.DeleteFunc(slices.Clone(page.Items), func(u kinde.User) bool { return d.deleted[u.ID] })
				for i := range page.Items {
					d.strip(&page.Items[i])
				}
			}
			d.mu.Unlock()
			if !yield(page, err) {
				return
			}
		}
	}
}

// strip takes off a user what was removed. The caller holds the lock.
func (d *rehearsal) strip(u *kinde.User) {
	gone := func(kind, value string) bool { return d.gone[ofUser{u.ID, identityID(kind, value)}] }
	u.Identities = slices.DeleteFunc(slices.Clone(u.Identities), func(i kinde.UserIdentity) bool { return gone(i.Kind(), i.Identity) })
	for kind, field := range map[string]*string{kinde.IdentityEmail: &u.Email, kinde.IdentityPhone: &u.Phone,
		kinde.IdentityUsername: &u.Username} {
		if *field != "" && gone(kind, *field) {
			*field = ""
		}
	}
}

// GetUserIdentities shows the identities that are left.
func (d *rehearsal) GetUserIdentities(ctx context.Context, userID string) iter.Seq2[kinde.Identity, error] {
	return func(yield func(kinde.Identity, error) bool) {
		for i, err := range d.Target.GetUserIdentities(ctx, userID) {
			x := ofUser{userID, identityID(i.Kind(), firstOf(i.Email, i.Name))}
			d.mu.Lock()
			d.seen[i.ID] = x
			gone := d.gone[x]
			d.mu.Unlock()
			if err == nil && gone {
				continue
			}
			if !yield(i, err) {
				return
			}
		}
		d.mu.Lock()
		added := slices.Clone(d.added[userID])
		d.mu.Unlock()
		for _, i := range added {
			if !yield(i, nil) {
				return
			}
		}
	}
}

// rehearsed is how the ids of users that would be created begin.
const rehearsed = "kp_rehearsed_"

func (d *rehearsal) CreateUser(context.Context, kinde.CreateUserRequest) (kinde.CreateUserResult, error) {
	d.count(operation.CreateUser, 1)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.created++
	return kinde.CreateUserResult{ID: fmt.Sprintf("%s%d", rehearsed, d.created)}, nil
}

func (d *rehearsal) UpdateUser(context.Context, string, kinde.UpdateUserRequest) error {
	d.count(operation.UpdateUser, 1)
	return nil
}

func (d *rehearsal) DeleteUser(_ context.Context, id string, _ bool) error {
	d.count(operation.DeleteUser, 1)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deleted[id] = true
	return nil
}

func (d *rehearsal) SetUserPassword(context.Context, string, kinde.PasswordRequest) error {
	d.count(operation.SetUserPassword, 1)
	return nil
}

func (d *rehearsal) CreateUserIdentity(ctx context.Context, userID string, r kinde.CreateUserIdentityRequest) (string, error) {
	d.count(operation.CreateUserIdentity, 1)
	if taken, err := d.takenByOther(ctx, userID, r); err != nil || taken {
		return "", cmp.Or(err, error(&kinde.Error{Operation: operation.CreateUserIdentity, Class: kinde.ClassFinal, Status: http.StatusConflict,
			Code: "IDENTITY_EXISTS", Message: "somebody else has this identity already"}))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	i := kinde.Identity{ID: fmt.Sprintf("identity_rehearsed_%d", len(d.seen)), Type: r.Type, Name: r.Value, ConnectionID: r.ConnectionID}
	d.seen[i.ID] = ofUser{userID, identityID(r.Type, r.Value)}
	d.added[userID] = append(d.added[userID], i)
	return i.ID, nil
}

// takenByOther tells whether somebody else would have the identity: by the
// tenant's filter, and by the checkpoint, since a filter may know the primary
// identities alone and none knows the social ones.
func (d *rehearsal) takenByOther(ctx context.Context, userID string, r kinde.CreateUserIdentityRequest) (bool, error) {
	id := identityID(r.Type, r.Value)
	if r.ConnectionID != "" {
		id = engine.StepID{Kind: checkpoint.StepSocial, Key: wantedLink{value: r.Value, connection: r.ConnectionID}.key()}
	}
	taken := d.take(id)
	for _, look := range lookUps([]mapping.Identity{{Type: mapping.IdentityType(r.Type), Value: r.Value}}) {
		for page, err := range d.GetUsersPages(ctx, look) {
			if err != nil {
				return false, err
			}
			d.looked(operation.GetUsers)
			taken = taken || slices.ContainsFunc(page.Items, func(u kinde.User) bool {
				return u.ID != userID &&
					slices.ContainsFunc(shownIdentities(&u), func(i compare.Identity) bool { return identityID(i.Kind, i.Value) == id })
			})
		}
	}
	if taken {
		return true, nil
	}
	holder, err := d.holder(ctx, id)
	if err != nil || holder == "" || holder == userID || d.isDeleted(holder) {
		return false, err
	}
	_, err = kinde.Gone(ctx, d, holder, func() error {
		for i, err := range d.GetUserIdentities(ctx, holder) {
			if err != nil {
				return err
			}
			taken = taken || answersTo(i, id.Key)
		}
		d.looked(operation.GetUserIdentities)
		return nil
	}())
	return taken, err
}

// looked counts a request that only a rehearsal makes.
func (d *rehearsal) looked(operation string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.looks[operation]++
}

func (d *rehearsal) isDeleted(user string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.deleted[user]
}

// take notes who gets an identity, and tells whether somebody has got it before.
func (d *rehearsal) take(id engine.StepID) (before bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before = d.taken[id]
	d.taken[id] = true
	return before
}

func (d *rehearsal) DeleteIdentity(_ context.Context, id string) error {
	d.count(operation.DeleteIdentity, 1)
	d.mu.Lock()
	defer d.mu.Unlock()
	x := d.seen[id]
	d.gone[x] = true
	delete(d.taken, x.id)
	d.added[x.user] = slices.DeleteFunc(d.added[x.user], func(i kinde.Identity) bool { return i.ID == id })
	return nil
}

func (d *rehearsal) UpdateUserProperties(context.Context, string, map[string]string) error {
	d.count(operation.UpdateUserProperties, 1)
	return nil
}

func (d *rehearsal) UpdateUserFeatureFlagOverride(context.Context, string, string, string) error {
	d.count(operation.UpdateUserFeatureFlagOverride, 1)
	return nil
}

func (d *rehearsal) RefreshUserClaims(context.Context, string) error {
	d.count(operation.RefreshUserClaims, 1)
	return nil
}

func (d *rehearsal) AddOrganizationUsers(_ context.Context, _ string, users []kinde.NewMember) ([]string, error) {
	d.count(operation.AddOrganizationUsers, 1)
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	return ids, nil
}

func (d *rehearsal) UpdateOrganizationUsers(_ context.Context, _ string, users []kinde.MemberChange) (kinde.MembersChanged, error) {
	d.count(operation.UpdateOrganizationUsers, 1)
	var c kinde.MembersChanged
	for _, u := range users {
		c.Updated = append(c.Updated, u.ID)
	}
	return c, nil
}

func (d *rehearsal) RemoveOrganizationUser(context.Context, string, string) error {
	d.count(operation.RemoveOrganizationUser, 1)
	return nil
}

func (d *rehearsal) DeleteOrganizationUserRole(context.Context, string, string, string) error {
	d.count(operation.DeleteOrganizationUserRole, 1)
	return nil
}

func (d *rehearsal) DeleteOrganizationUserPermission(context.Context, string, string, string) error {
	d.count(operation.DeleteOrganizationUserPermission, 1)
	return nil
}

func (d *rehearsal) CreateOrganization(_ context.Context, r kinde.CreateOrganizationRequest) (string, error) {
	d.count(operation.CreateOrganization, 1)
	return "org_rehearsed_" + r.Name, nil
}

func (d *rehearsal) CreateRole(_ context.Context, r kinde.CreateRoleRequest) (string, error) {
	d.count(operation.CreateRole, 1)
	return r.Key, nil
}

func (d *rehearsal) CreatePermission(_ context.Context, r kinde.CreatePermissionRequest) (string, error) {
	d.count(operation.CreatePermission, 1)
	return r.Key, nil
}

func (d *rehearsal) CreateProperty(_ context.Context, r kinde.CreatePropertyRequest) (string, error) {
	d.count(operation.CreateProperty, 1)
	return r.Key, nil
}

func (d *rehearsal) CreateCategory(_ context.Context, name, _ string) (string, error) {
	d.count(operation.CreateCategory, 1)
	return name, nil
}

func (d *rehearsal) DeleteOrganization(context.Context, string) error {
	d.count(operation.DeleteOrganization, 1)
	return nil
}

func (d *rehearsal) DeleteRole(context.Context, string) error {
	d.count(operation.DeleteRole, 1)
	return nil
}

func (d *rehearsal) DeletePermission(context.Context, string) error {
	d.count(operation.DeletePermission, 1)
	return nil
}

func (d *rehearsal) DeleteProperty(context.Context, string) error {
	d.count(operation.DeleteProperty, 1)
	return nil
}

func (d *rehearsal) CreateFeatureFlag(context.Context, kinde.CreateFeatureFlagRequest) error {
	d.count(operation.CreateFeatureFlag, 1)
	return nil
}

func (d *rehearsal) DeleteFeatureFlag(context.Context, string) error {
	d.count(operation.DeleteFeatureFlag, 1)
	return nil
}

var _ Target = (*rehearsal)(nil)
