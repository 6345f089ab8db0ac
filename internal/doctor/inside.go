package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// inside checks what the tenant has and what it would do with new users.
func (x *examination) inside(ctx context.Context) error {
	for _, check := range []func(context.Context) error{x.defaults, x.roles, x.password, x.webhooks, x.source, x.ids} {
		if err := check(ctx); err != nil {
			if ctx.Err() != nil {
				return err
			}
			if !x.excuse(err) {
				return err
			}
		}
	}
	x.rate()
	return nil
}

// excuse turns a scope that turned out to be missing into a finding.
func (x *examination) excuse(err error) bool {
	if kinde.ClassOf(err) != kinde.ClassAuth {
		return false
	}
	x.Denied = true
	x.add("scopes", Red, err.Error(), "Enable the scope for the M2M application in Kinde.")
	return true
}

// defaults tells which organization new users get when none is named.
func (x *examination) defaults(ctx context.Context) error {
	if !x.may(operation.GetOrganizations) {
		return nil
	}
	name := ""
	for o, err := range x.Tenant.GetOrganizations(ctx, kinde.ListRequest{}) {
		if err != nil {
			return fmt.Errorf("reading the organizations: %w", err)
		}
		if o.IsDefault {
			name = fmt.Sprintf("%s (%s)", o.Name, o.Code)
		}
	}
	if name == "" {
		x.add("default organization", Green, "there is none: users without an organization join none", "")
		return nil
	}
	x.add(
		"default organization",
		Yellow,
		"users for whom the source names no organization join "+name,
		"Choose another one with --organization, or change the default in Kinde.",
	)
	return nil
}

func (x *examination) roles(ctx context.Context) error {
	if !x.may(operation.GetRoles) {
		return nil
	}
	var keys []string
	for r, err := range x.Tenant.GetRoles(ctx) {
		if err != nil {
			return fmt.Errorf("reading the roles: %w", err)
		}
		if r.IsDefaultRole {
			keys = append(keys, r.Key)
		}
	}
	if len(keys) == 0 {
		x.add("default roles", Green, "new members get no role unless the source names one", "")
		return nil
	}
	x.add(
		"default roles",
		Yellow,
		"new members get "+strings.Join(keys, ", ")+", whatever the source says",
		"If you don't want this, switch off the default for these roles in Kinde during the migration.",
	)
	return nil
}

// password looks for a sign that people can sign in with a password at all.
func (x *examination) password(ctx context.Context) error {
	if !x.may(operation.GetConnections) {
		return nil
	}
	found := ""
	for c, err := range x.Tenant.GetConnections(ctx) {
		if err != nil {
			return fmt.Errorf("reading the connections: %w", err)
		}
		if strings.Contains(strings.ToLower(c.Strategy), "password") {
			found = c.Strategy
		}
	}
	if found != "" {
		x.add("password sign-in", Green, "there is a connection "+found, "")
		return nil
	}
	x.add("password sign-in", Yellow, "the API doesn't show whether people can sign in with a password",
		"Check in Kinde under Settings > Authentication that e-mail (or username) and password is enabled. The command canary proves it.")
	return nil
}

func (x *examination) webhooks(ctx context.Context) error {
	if !x.may(operation.GetWebHooks) {
		x.add(
			"webhooks",
			Yellow,
			"the token can't read the webhooks (read:webhooks), so it is unknown whether the import would fire any",
			"Enable the scope, or look in Kinde under Settings > Webhooks.",
		)
		return nil
	}
	hooks, err := x.Tenant.GetWebHooks(ctx)
	switch kinde.ClassOf(err) {
	case kinde.ClassNone:
	case kinde.ClassAuth:
		x.refused["read:webhooks"] = true
		return x.webhooks(ctx)
	case kinde.ClassNotFound, kinde.ClassFinal:
		x.add("webhooks", Yellow, "the tenant does not show its webhooks", "Look in Kinde under Settings > Webhooks.")
		return nil
	default:
		return fmt.Errorf("reading the webhooks: %w", err)
	}
	var firing []string
	for _, h := range hooks {
		if len(h.EventTypes) == 0 || slices.ContainsFunc(h.EventTypes, fires) {
			firing = append(firing, h.Name)
		}
	}
	if len(firing) == 0 {
		x.add("webhooks", Green, "new users fire no webhook", "")
		return nil
	}
	many := "thousands of times"
	if x.Source != nil {
		many = fmt.Sprintf("about %d times", x.Source.Records)
	}
	x.add(
		"webhooks",
		Yellow,
		fmt.Sprintf("an import would fire %s: %s", many, strings.Join(firing, ", ")),
		"Check that the receivers can handle this, or switch off the webhooks during the import.",
	)
	return nil
}

// fires tells whether an import causes events of this type.
func fires(event string) bool {
	for _, prefix := range []string{"user.", "organization.user", "users.", "organization.created", "role.", "permission."} {
		if strings.HasPrefix(event, prefix) {
			return true
		}
	}
	return false
}

// source compares what the source names with what the tenant has.
func (x *examination) source(ctx context.Context) error {
	if x.Source == nil {
		return nil
	}
	for kind, op := range map[string]string{"organization": operation.GetOrganizations, "role": operation.GetRoles,
		"permission": operation.GetPermissions,
		"property":   operation.GetProperties, "flag": operation.GetEnvironmentFeatureFlags, "connection": operation.GetConnections} {
		if x.Source.Counts()[kind] > 0 && !x.may(op) {
			x.add(
				"source",
				Yellow,
				"what the source names can't be checked: the scopes for reading definitions are missing",
				"Enable the scopes above.",
			)
			return nil
		}
	}
	lacks, err := x.Source.Missing(ctx, x.Tenant)
	if err != nil {
		return err
	}
	x.Lacks = lacks
	byKind := map[string][]Missing{}
	for _, u := range lacks {
		byKind[u.Kind] = append(byKind[u.Kind], Missing{u.Kind, u.Name, u.Count, fixable(u.Kind)})
	}
	counts := x.Source.Counts()
	for _, kind := range []string{"organization", "role", "permission", "property", "flag", "connection"} {
		plural := map[string]string{"property": "properties"}[kind]
		if plural == "" {
			plural = kind + "s"
		}
		missing := byKind[kind]
		if len(missing) == 0 {
			if counts[kind] > 0 {
				x.add(plural, Green, fmt.Sprintf("the tenant has all %s that the source names (%d)", plural, counts[kind]), "")
			}
			continue
		}
		consequence := "their records would be rejected"
		if kind == "property" || kind == "flag" || kind == "connection" {
			consequence = "the values would be left out"
		}
		names := make([]string, 0, 10)
		for i, m := range missing {
			if i == 10 {
				names = append(names, fmt.Sprintf("and %d more", len(missing)-10))
				break
			}
			names = append(names, fmt.Sprintf("%s (%d)", m.Name, m.Records))
		}
		try := "Use doctor --fix, or import with --create-missing."
		switch kind {
		case "connection":
			try = "Create the connections in Kinde under Settings > Authentication, with the keys of the provider. Their users keep their other identities."
		case "flag":
			try = "Use doctor --fix, or create them in Kinde."
		}
		f := x.add(
			plural,
			Red,
			fmt.Sprintf(
				"the tenant lacks %d of the %d %s that the source names: %s; %s",
				len(missing),
				counts[kind],
				plural,
				strings.Join(names, ", "),
				consequence,
			),
			try,
		)
		f.Missing = missing
	}
	return nil
}

// ids asks whose ids they are where users of the tenant carry those of the source
// and are somebody else.
func (x *examination) ids(ctx context.Context) error {
	if x.IDs == nil || !x.may(operation.GetUsers) {
		return nil
	}
	c, err := x.IDs(ctx)
	if err != nil || c.IDs == 0 {
		return err
	}
	among := "in the tenant"
	if !c.All {
		among = fmt.Sprintf("among the first %d users of the tenant", c.Users)
	}
	if c.Taken == 0 {
		x.add("ids", Green, "no id of the source belongs to somebody else "+among, "")
		return nil
	}
	belong := "belong"
	if c.Taken == 1 {
		belong = "belongs"
	}
	x.add("ids", Red, fmt.Sprintf("%d of the %d ids of the source %s to somebody else %s, such as %s to %s: their records would be rejected",
		c.Taken, c.IDs, belong, among, c.SourceID, c.KindeID), importer.IDTakenHint)
	return nil
}

func (x *examination) rate() {
	if x.Throttled == nil {
		return
	}
	n := x.Throttled()
	believed := ""
	if x.Believed != nil && x.Believed() > 0 {
		believed = fmt.Sprintf("; an earlier run learnt about %.0f requests a second", x.Believed())
	}
	if n > 0 {
		x.add(
			"rate",
			Yellow,
			fmt.Sprintf("the tenant throttled %d of these requests%s", n, believed),
			"Something else is using the limit. Choose a quieter time, or use --share.",
		)
		return
	}
	x.add("rate", Green, "no request was throttled"+believed, "")
}
