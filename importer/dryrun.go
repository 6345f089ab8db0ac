package importer

import (
	"context"
	"fmt"
	"sync"

	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// rehearsal is a target that reads the real one and only counts what it is told
// to write. Reads of users that it has "created" answer from memory-free rules:
// a new user has nothing yet.
type rehearsal struct {
	Target // reads

	mu      sync.Mutex
	counts  map[string]int64
	created int64
}

func newRehearsal(t Target) *rehearsal {
	return &rehearsal{Target: t, counts: map[string]int64{}}
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
		all[c.Operation] += c.Succeeded
	}
	return all
}

// rehearsed is how the ids of users that would be created begin.
const rehearsed = "kp_rehearsed_"

func (d *rehearsal) CreateUser(context.Context, kinde.CreateUserRequest) (kinde.CreateUserResult, error) {
	d.count(kinde.OpCreateUser, 1)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.created++
	return kinde.CreateUserResult{ID: fmt.Sprintf("%s%d", rehearsed, d.created), Created: true}, nil
}

func (d *rehearsal) UpdateUser(context.Context, string, kinde.UpdateUserRequest) error {
	d.count(kinde.OpUpdateUser, 1)
	return nil
}

func (d *rehearsal) DeleteUser(context.Context, string, bool) error {
	d.count(kinde.OpDeleteUser, 1)
	return nil
}

func (d *rehearsal) SetUserPassword(context.Context, string, kinde.PasswordRequest) error {
	d.count(kinde.OpSetUserPassword, 1)
	return nil
}

func (d *rehearsal) CreateUserIdentity(context.Context, string, kinde.CreateUserIdentityRequest) (string, error) {
	d.count(kinde.OpCreateUserIdentity, 1)
	return "", nil
}

func (d *rehearsal) DeleteIdentity(context.Context, string) error {
	d.count(kinde.OpDeleteIdentity, 1)
	return nil
}

func (d *rehearsal) UpdateUserProperties(context.Context, string, map[string]string) error {
	d.count(kinde.OpUpdateUserProperties, 1)
	return nil
}

func (d *rehearsal) UpdateUserFeatureFlagOverride(context.Context, string, string, string) error {
	d.count(kinde.OpUpdateUserFeatureFlagOverride, 1)
	return nil
}

func (d *rehearsal) RefreshUserClaims(context.Context, string) error {
	d.count(kinde.OpRefreshUserClaims, 1)
	return nil
}

func (d *rehearsal) AddOrganizationUsers(_ context.Context, _ string, users []kinde.NewMember) ([]string, error) {
	d.count(kinde.OpAddOrganizationUsers, 1)
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	return ids, nil
}

func (d *rehearsal) UpdateOrganizationUsers(_ context.Context, _ string, users []kinde.MemberChange) (kinde.MembersChanged, error) {
	d.count(kinde.OpUpdateOrganizationUsers, 1)
	var c kinde.MembersChanged
	for _, u := range users {
		c.Updated = append(c.Updated, u.ID)
	}
	return c, nil
}

func (d *rehearsal) RemoveOrganizationUser(context.Context, string, string) error {
	d.count(kinde.OpRemoveOrganizationUser, 1)
	return nil
}

func (d *rehearsal) DeleteOrganizationUserRole(context.Context, string, string, string) error {
	d.count(kinde.OpDeleteOrganizationUserRole, 1)
	return nil
}

func (d *rehearsal) DeleteOrganizationUserPermission(context.Context, string, string, string) error {
	d.count(kinde.OpDeleteOrganizationUserPermission, 1)
	return nil
}

func (d *rehearsal) CreateOrganization(_ context.Context, r kinde.CreateOrganizationRequest) (string, error) {
	d.count(kinde.OpCreateOrganization, 1)
	return "org_rehearsed_" + r.Name, nil
}

func (d *rehearsal) CreateRole(_ context.Context, r kinde.CreateRoleRequest) (string, error) {
	d.count(kinde.OpCreateRole, 1)
	return r.Key, nil
}

func (d *rehearsal) CreatePermission(_ context.Context, r kinde.CreatePermissionRequest) (string, error) {
	d.count(kinde.OpCreatePermission, 1)
	return r.Key, nil
}

func (d *rehearsal) CreateProperty(_ context.Context, r kinde.CreatePropertyRequest) (string, error) {
	d.count(kinde.OpCreateProperty, 1)
	return r.Key, nil
}

func (d *rehearsal) CreateCategory(_ context.Context, name, _ string) (string, error) {
	d.count(kinde.OpCreateCategory, 1)
	return name, nil
}

func (d *rehearsal) DeleteOrganization(context.Context, string) error {
	d.count(kinde.OpDeleteOrganization, 1)
	return nil
}

func (d *rehearsal) DeleteRole(context.Context, string) error {
	d.count(kinde.OpDeleteRole, 1)
	return nil
}

func (d *rehearsal) DeletePermission(context.Context, string) error {
	d.count(kinde.OpDeletePermission, 1)
	return nil
}

func (d *rehearsal) DeleteProperty(context.Context, string) error {
	d.count(kinde.OpDeleteProperty, 1)
	return nil
}

func (d *rehearsal) DeleteFeatureFlag(context.Context, string) error {
	d.count(kinde.OpDeleteFeatureFlag, 1)
	return nil
}

var _ Target = (*rehearsal)(nil)
