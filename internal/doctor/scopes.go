package doctor

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// required returns the scopes that the commands need. With a source, an import
// needs only what its names call for.
func (o *Options) required() []string {
	var operations []string
	for _, command := range o.Commands {
		for _, op := range needs[command] {
			if command == "import" && o.Source != nil && o.spared(op) {
				continue
			}
			operations = append(operations, op)
		}
	}
	return operation.Scopes(operations...)
}

func (o *Options) spared(operation string) bool {
	counts := o.Source.Counts()
	for kind, operations := range onlyFor {
		if slices.Contains(operations, operation) {
			return counts[kind] == 0
		}
	}
	return false
}

// claims is what a token says of itself.
type claims struct {
	Audience []string
	Scopes   []string // nil: it does not say
	Expires  time.Time
}

// readToken reads a JWT without checking its signature, which is the tenant's
// business; ok is false for any other token.
func readToken(token string) (c claims, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return c, false
	}
	var body struct {
		Aud   any     `json:"aud"`
		Scope any     `json:"scope"`
		Scp   any     `json:"scp"`
		Exp   float64 `json:"exp"`
	}
	if json.Unmarshal(raw, &body) != nil {
		return c, false
	}
	c.Audience = texts(body.Aud)
	if body.Scope != nil || body.Scp != nil {
		c.Scopes = append(append([]string{}, texts(body.Scope)...), texts(body.Scp)...)
	}
	if body.Exp > 0 && body.Exp < 1e11 {
		c.Expires = time.Unix(int64(body.Exp), 0)
	}
	return c, true
}

// texts reads a list, or a text with the parts of one.
func texts(v any) (out []string) {
	switch v := v.(type) {
	case string:
		return strings.Fields(v)
	case []any:
		for _, x := range v {
			if s, ok := x.(string); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

// probes are harmless reads, by the operation whose scope they try.
func probes(t Tenant) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		operation.GetUsers: func(ctx context.Context) error {
			return first(t.GetUsers(ctx,
				kinde.GetUsersRequest{PageSize: 1}))
		},
		operation.GetOrganizations: func(ctx context.Context) error {
			return first(t.GetOrganizations(ctx,
				kinde.ListRequest{PageSize: 1}))
		},
		operation.GetRoles:                   func(ctx context.Context) error { return first(t.GetRoles(ctx)) },
		operation.GetPermissions:             func(ctx context.Context) error { return first(t.GetPermissions(ctx)) },
		operation.GetProperties:              func(ctx context.Context) error { return first(t.GetProperties(ctx, kinde.ContextUser)) },
		operation.GetCategories:              func(ctx context.Context) error { return first(t.GetCategories(ctx, kinde.ContextUser)) },
		operation.GetConnections:             func(ctx context.Context) error { return first(t.GetConnections(ctx)) },
		operation.GetEnvironmentFeatureFlags: func(ctx context.Context) error { _, err := t.GetEnvironmentFeatureFlags(ctx); return err },
	}
}

// first reads one item of a list.
func first[T any](list iter.Seq2[T, error]) error {
	for _, err := range list {
		return err
	}
	return nil
}

// scopes checks what the token allows.
func (x *examination) scopes(ctx context.Context, c claims, readable bool) error {
	required := x.Options.required()
	what := strings.Join(x.Commands, ", ")
	if readable && c.Scopes != nil {
		x.granted = map[string]bool{}
		for _, s := range c.Scopes {
			x.granted[s] = true
		}
		var missing []string
		for _, s := range required {
			if !x.granted[s] {
				missing = append(missing, s)
			}
		}
		x.scopeFinding(missing, fmt.Sprintf("all %d scopes that %s needs are enabled", len(required), what))
		return nil
	}
	var missing, unknown []string
	tried := map[string]bool{}
	for _, op := range slices.Sorted(maps.Keys(probes(x.Tenant))) {
		scope := operation.Scopes(op)[0]
		if !slices.Contains(required, scope) || tried[scope] {
			continue
		}
		tried[scope] = true
		err := probes(x.Tenant)[op](ctx)
		if kinde.ClassOf(err) == kinde.ClassAuth {
			missing = append(missing, scope)
			x.refused[scope] = true
		} else if err != nil && kinde.ClassOf(err) != kinde.ClassFinal && kinde.ClassOf(err) != kinde.ClassNotFound {
			return fmt.Errorf("trying the scope %s: %w", scope, err)
		}
	}
	for _, s := range required {
		if !tried[s] && s != "read:environments" {
			unknown = append(unknown, s)
		}
	}
	x.scopeFinding(missing, fmt.Sprintf("the %d scopes that can be tested by reading are enabled", len(tried)))
	if len(unknown) > 0 {
		f := x.add(
			"write scopes",
			Yellow,
			fmt.Sprintf("the token doesn't list its scopes; %d can't be tested without writing: %s", len(unknown), strings.Join(unknown, " ")),
			"Check in Kinde that the M2M application has them, under its APIs.",
		)
		f.Scopes = nil
	}
	return nil
}

func (x *examination) scopeFinding(missing []string, fine string) {
	if len(missing) == 0 {
		x.add("scopes", Green, fine, "")
		return
	}
	x.Denied = true
	f := x.add("scopes", Red, fmt.Sprintf("%d scopes are missing: %s", len(missing), strings.Join(missing, " ")),
		"Enable them for the M2M application in Kinde: Settings > Applications > the application > APIs > Kinde Management API.")
	f.Scopes = missing
}

// may tells whether an operation can be tried.
func (x *examination) may(op string) bool {
	scopes := operation.Scopes(op)
	if len(scopes) == 0 {
		return true
	}
	return !x.refused[scopes[0]] && (x.granted == nil || x.granted[scopes[0]])
}
