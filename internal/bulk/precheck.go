package bulk

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// precheck refuses, before anything is asked or written, what the tenant would
// refuse for every user, and reads what all users of a verb need. A scope that
// is missing for looking keeps nobody from trying.
func (r *run) precheck(ctx context.Context) (err error) {
	switch {
	case r.opt.Verb == SetProperty:
		err = r.knownProperties(ctx)
	case r.opt.Verb == SetFlag:
		err = r.knownFlags(ctx)
	case (r.opt.Verb == AddIdentity || r.opt.Verb == RemoveIdentity) && r.opt.Change.Connection != "":
		err = r.knownConnection(ctx)
	case r.opt.Verb == Copy:
		return r.rosters(ctx)
	case r.opt.Verb == Invite:
		return r.invited(ctx)
	case r.opt.Verb == AddScope || r.opt.Verb == RemoveScope:
		return r.knownScopes(ctx)
	}
	if kinde.ClassOf(err) == kinde.ClassAuth {
		return nil
	}
	return err
}

func (r *run) knownProperties(ctx context.Context) error {
	known := map[string]bool{}
	for p, err := range r.Target.GetProperties(ctx, kinde.ContextUser) {
		if err != nil {
			return fmt.Errorf("reading the properties: %w", err)
		}
		known[p.Key] = true
	}
	for key := range r.opt.Change.Properties {
		if !known[key] {
			return refused("Create it in Kinde, or check the spelling.", "the tenant has no user property %q", key)
		}
	}
	return nil
}

func (r *run) knownFlags(ctx context.Context) error {
	flags, err := r.Target.GetEnvironmentFeatureFlags(ctx)
	if err != nil {
		return fmt.Errorf("reading the feature flags: %w", err)
	}
	for key, value := range r.opt.Change.Flags {
		f, ok := flags[key]
		switch {
		case !ok:
			return refused("Create it in Kinde, or check the spelling.", "the tenant has no feature flag %q", key)
		case (f.Type == "bool" || f.Type == "boolean") && value != "true" && value != "false":
			return refused("--flag "+key+"=true", "the feature flag %q is true or false, not %q", key, value)
		}
	}
	return nil
}

func (r *run) knownConnection(ctx context.Context) error {
	c := &r.opt.Change
	var names []string
	for x, err := range r.Target.GetConnections(ctx) {
		if err != nil {
			return fmt.Errorf("reading the connections: %w", err)
		}
		if x.ID == c.Connection || strings.EqualFold(x.Strategy, c.Connection) || strings.EqualFold(x.Name, c.Connection) {
			c.Connection = x.ID
			return nil
		}
		names = append(names, cmp.Or(x.Strategy, x.Name))
	}
	return refused("Use one of "+strings.Join(names, ", ")+".", "the tenant has no connection %q", c.Connection)
}

func refused(try, format string, args ...any) error {
	return &job.RefusedError{Kind: job.BadOptions, Message: fmt.Sprintf(format, args...), Try: try}
}
