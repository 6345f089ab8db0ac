package bulk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
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
	all, err := r.connections(ctx)
	if err != nil {
		return err
	}
	id, names := connectionOf(all, c.Connection)
	if id == "" {
		return refused("Use one of "+names+".", "the tenant has no connection %q", c.Connection)
	}
	c.Connection = id
	return nil
}

func (r *run) connections(ctx context.Context) (all []kinde.Connection, err error) {
	for x, err := range r.Target.GetConnections(ctx) {
		if err != nil {
			return nil, fmt.Errorf("reading the connections: %w", err)
		}
		all = append(all, x)
	}
	return all, nil
}

// connectionOf is the id of the connection that somebody wrote as an id, a
// strategy or a name; "" when there is none among those whose names are returned.
func connectionOf(all []kinde.Connection, written string) (id, names string) {
	known := make([]string, 0, len(all))
	for _, x := range all {
		if x.ID == written || strings.EqualFold(x.Strategy, written) || strings.EqualFold(x.Name, written) {
			return x.ID, ""
		}
		known = append(known, cmp.Or(x.Strategy, x.Name))
	}
	return "", strings.Join(known, ", ")
}

// resolveConnections puts ids in place of the connections that rows name. A row
// whose connection is unknown would else have nothing to remove, as if all were well.
func (r *run) resolveConnections(ctx context.Context, asks []Ask) error {
	names := func(a Ask) bool { return a.Connection != "" && a.Problem == nil }
	if r.opt.Verb != AddIdentity && r.opt.Verb != RemoveIdentity || !slices.ContainsFunc(asks, names) {
		return nil
	}
	all, err := r.connections(ctx)
	if kinde.ClassOf(err) == kinde.ClassAuth {
		return nil
	}
	if err != nil {
		return err
	}
	for i := range asks {
		a := &asks[i]
		if !names(*a) {
			continue
		}
		id, known := connectionOf(all, a.Connection)
		if id == "" {
			a.Problem = problem(
				mapping.ConnectionUnknown,
				"connection_id",
				fmt.Sprintf("the tenant has no connection %q", a.Connection),
				"Use one of "+known+".",
			)
			continue
		}
		a.Connection = id
	}
	return nil
}

func refused(try, format string, args ...any) error {
	return &job.RefusedError{Kind: job.BadOptions, Message: fmt.Sprintf(format, args...), Try: try}
}
