package importer

import (
	"context"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// lastCreate calls then before the create number left.
type lastCreate struct {
	Target
	n, left int64
	then    func()
}

func (x *lastCreate) CreateUser(ctx context.Context, r kinde.CreateUserRequest) (kinde.CreateUserResult, error) {
	if atomic.AddInt64(&x.n, 1) == x.left {
		x.then()
	}
	return x.Target.CreateUser(ctx, r)
}

// lateTenant shows a user only some time after it made them, and loses the
// answers to all first creates.
type lateTenant struct {
	Target
	after time.Duration
	bare  bool // listings leave the provided id out

	mu   sync.Mutex
	lost map[string]bool
}

func (x *lateTenant) CreateUser(ctx context.Context, r kinde.CreateUserRequest) (kinde.CreateUserResult, error) {
	answer, err := x.Target.CreateUser(ctx, r)
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.lost[r.ProvidedID] {
		x.lost[r.ProvidedID] = true
		return kinde.CreateUserResult{}, &kinde.Error{
			Operation: operation.CreateUser,
			Class:     kinde.ClassInDoubt,
			Message:   "the connection was lost",
		}
	}
	return answer, err
}

func (x *lateTenant) shown(u *kinde.User) bool { return time.Since(u.CreatedOn) > x.after }

func (x *lateTenant) GetUsersPages(ctx context.Context, r kinde.GetUsersRequest) iter.Seq2[kinde.Page[kinde.User], error] {
	return func(yield func(kinde.Page[kinde.User], error) bool) {
		for page, err := range x.Target.GetUsersPages(ctx, r) {
			page.Items = slices.DeleteFunc(page.Items, func(u kinde.User) bool { return !x.shown(&u) })
			for i := range page.Items {
				if x.bare {
					page.Items[i].ProvidedID = ""
				}
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

func (x *lateTenant) GetUserData(ctx context.Context, id string, expand ...string) (kinde.User, error) {
	u, err := x.Target.GetUserData(ctx, id, expand...)
	if err == nil && !x.shown(&u) {
		return kinde.User{}, &kinde.Error{Operation: operation.GetUserData, Class: kinde.ClassNotFound, Status: 404, Message: "no such user"}
	}
	return u, err
}

// squatter registers an address just before the import does.
type squatter struct {
	Target
	email string
	once  sync.Once
	lose  bool // the answer to the import's own create is lost
}

func (x *squatter) CreateUser(ctx context.Context, r kinde.CreateUserRequest) (kinde.CreateUserResult, error) {
	mine := false
	for _, i := range r.Identities {
		mine = mine || i.Details.Email == x.email
	}
	if !mine {
		return x.Target.CreateUser(ctx, r)
	}
	lost := false
	x.once.Do(func() {
		lost = x.lose
		own := r
		own.ProvidedID, own.OrganizationCode = "", ""
		_, _ = x.Target.CreateUser(ctx, own)
	})
	answer, err := x.Target.CreateUser(ctx, r)
	if lost {
		return kinde.CreateUserResult{}, &kinde.Error{
			Operation: operation.CreateUser,
			Class:     kinde.ClassInDoubt,
			Message:   "the connection was lost",
		}
	}
	return answer, err
}

// listener keeps what the progress was told.
type listener struct{ notes []string }

func (x *listener) Phase(string, int64) {}
func (x *listener) Update(job.State)    {}
func (x *listener) Note(text string)    { x.notes = append(x.notes, text) }

// firstWrite notes what is written first.
type firstWrite struct {
	Target
	mu        sync.Mutex
	operation string
}

func (x *firstWrite) saw(operation string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.operation == "" {
		x.operation = operation
	}
}

func (x *firstWrite) CreateUser(ctx context.Context, r kinde.CreateUserRequest) (kinde.CreateUserResult, error) {
	x.saw("create")
	return x.Target.CreateUser(ctx, r)
}

func (x *firstWrite) UpdateUser(ctx context.Context, id string, r kinde.UpdateUserRequest) error {
	if r.IsSuspended != nil && *r.IsSuspended {
		x.saw("suspend")
	} else {
		x.saw("update")
	}
	return x.Target.UpdateUser(ctx, id, r)
}

func (x *firstWrite) SetUserPassword(ctx context.Context, id string, r kinde.PasswordRequest) error {
	x.saw("password")
	return x.Target.SetUserPassword(ctx, id, r)
}

// stubborn is down whenever a member is to be changed.
type stubborn struct{ Target }

func (stubborn) RemoveOrganizationUser(context.Context, string, string) error {
	return &kinde.Error{Operation: operation.RemoveOrganizationUser, Class: kinde.ClassRetry, Status: 503, Message: "try later"}
}

func (stubborn) DeleteOrganizationUserRole(context.Context, string, string, string) error {
	return &kinde.Error{Operation: operation.DeleteOrganizationUserRole, Class: kinde.ClassRetry, Status: 503, Message: "try later"}
}

func (stubborn) UpdateOrganizationUsers(context.Context, string, []kinde.MemberChange) (kinde.MembersChanged, error) {
	return kinde.MembersChanged{}, &kinde.Error{
		Operation: operation.UpdateOrganizationUsers,
		Class:     kinde.ClassRetry,
		Status:    503,
		Message:   "try later",
	}
}

// stale refreshes no claims.
type stale struct{ Target }

func (stale) RefreshUserClaims(context.Context, string) error {
	return &kinde.Error{Operation: operation.RefreshUserClaims, Class: kinde.ClassRetry, Status: 503, Message: "try later"}
}

// deaf hears no answer to changes of members, which the tenant makes all the same.
type deaf struct{ Target }

func (x deaf) UpdateOrganizationUsers(ctx context.Context, code string, users []kinde.MemberChange) (kinde.MembersChanged, error) {
	if _, err := x.Target.UpdateOrganizationUsers(ctx, code, users); err != nil {
		return kinde.MembersChanged{}, err
	}
	return kinde.MembersChanged{}, &kinde.Error{
		Operation: operation.UpdateOrganizationUsers,
		Class:     kinde.ClassRetry,
		Status:    503,
		Message:   "try later",
	}
}
