package canary

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// Kind is a kind of hash that a source holds.
type Kind struct {
	Encoding string
	Users    int64          // that have it
	Example  *password.Body // one of them, for its parameters
}

// Source is where the hashes come from. An *intake.Intake is one.
type Source interface {
	Scan(ctx context.Context, v intake.Visitor) (intake.Summary, error)
}

// KindsOf reads a source once and returns the kinds of hash that Kinde can
// hold, by name.
func KindsOf(ctx context.Context, s Source) ([]Kind, error) {
	v := &kinds{ctx: ctx, all: map[string]*Kind{}}
	if _, err := s.Scan(ctx, v); err != nil {
		return nil, fmt.Errorf("reading the source: %w", err)
	}
	var out []Kind
	for _, k := range v.all {
		if k.Users > 0 {
			out = append(out, *k)
		}
	}
	slices.SortFunc(out, func(a, b Kind) int { return cmp.Compare(a.Encoding, b.Encoding) })
	return out, nil
}

type kinds struct {
	ctx context.Context
	all map[string]*Kind
}

func (v *kinds) Add(i intake.Item) error {
	v.count(&i, 1)
	return v.ctx.Err()
}

func (v *kinds) Replace(old, now intake.Item) error {
	v.count(&old, -1)
	v.count(&now, 1)
	return v.ctx.Err()
}

func (v *kinds) count(i *intake.Item, by int64) {
	if i.Disposition != intake.Use || i.User == nil || i.User.Password == nil || i.User.Password.Body == nil {
		return
	}
	name := i.User.Password.Encoding
	if v.all[name] == nil {
		body := *i.User.Password.Body
		v.all[name] = &Kind{Encoding: name, Example: &body}
	}
	v.all[name].Users += by
}
