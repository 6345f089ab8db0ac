package importer

import (
	"context"
	"sync/atomic"

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
