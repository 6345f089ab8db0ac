package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Watch compares, and tells in the words of a drift what has become of the
// source's people in the tenant. The name says what the source is called.
func Watch(ctx context.Context, opt Options, name string, rules []backup.Rule) (*backup.Drift, error) {
	w := &watch{Drift: backup.NewDrift(opt.Tenant.BaseURL(), name, time.Now(), rules)}
	w.Source = &backup.Compared{Explained: map[string]int64{}}
	for o, err := range opt.Tenant.GetOrganizations(ctx, kinde.ListRequest{}) {
		if err != nil {
			return nil, fmt.Errorf("reading the organizations: %w", err)
		}
		if o.IsDefault {
			w.everybodys = o.Code
		}
	}
	opt.Each = w.tell
	result, err := Run(ctx, opt)
	if err != nil {
		return nil, err
	}
	// A definition that went takes its roles or properties from everybody: the
	// comparison no longer asks for them.
	for _, u := range result.Unknown {
		w.Add(backup.Event{Thing: "definition", Key: definitionsOf[u.Kind] + "." + u.Name, Change: "removed"})
	}
	w.Source.Records, w.Source.Users, w.Source.Older, w.Source.LeftOut = result.Records, result.Users, result.Older, result.LeftOut
	w.Sort()
	return w.Drift, nil
}

// definitionsOf are the files of a backup that hold each kind of definition, by
// whose names a drift calls them.
var definitionsOf = map[string]string{
	"organization": "organizations",
	"role":         "roles",
	"permission":   "permissions",
	"property":     "properties",
	"connection":   "connections",
	"flag":         "feature_flags",
}

type watch struct {
	*backup.Drift
	everybodys string // code of the organization that whoever has none is put into
}

func (w *watch) tell(f Finding) error {
	about := backup.Event{
		UserID: f.KindeID,
		Name:   cmp.Or(f.Email, strings.TrimSpace(f.mate.GivenName+" "+f.mate.FamilyName)),
		Record: f.Record,
	}
	if !strings.Contains(f.SourceID, "@") { // an address is a name, and shown as one
		about.SourceID = f.SourceID
	}
	with := func(thing, key, change, in string) {
		e := about
		e.Thing, e.Key, e.Change, e.In = thing, key, change, in
		w.Add(e)
	}
	switch f.Class {
	case Explained:
		w.Source.Explained[f.Reported]++
	case Missing:
		with("user", "", "removed", "")
	case Unexpected:
		with("user", "", "added", "")
		for _, d := range compare.Users(compare.User{}, f.mate.User, compare.Known{Organizations: true}) {
			w.membership(&f, d, with)
		}
	case Match, Different:
		profile := map[string]bool{}
		for _, d := range slices.Concat(f.Differences, f.beyond) {
			w.difference(&f, d, profile, with)
		}
	}
	return nil
}

// difference tells of one field; profile holds those that were told.
func (w *watch) difference(f *Finding, d compare.Difference, profile map[string]bool, with func(thing, key, change, in string)) {
	field, key, _ := strings.Cut(d.Field, ".")
	switch {
	case field == "organizations":
		w.membership(f, d, with)
	case field == "roles":
		rolesOf(list(d.Expected), list(d.Actual), key, with)
	case key == "verified":
		with("verified", field, change(d.Actual == "true"), "")
	case field == "is_suspended":
		with("suspension", "", change(d.Actual == "true"), "")
	case slices.Contains([]string{"email", "phone", "username", "social", "enterprise"}, field):
		with("identity", field, change(d.Actual != ""), "")
	case field == "properties" && d.Extra:
		// The source doesn't speak of it: it is the application's.
	default:
		name := cmp.Or(map[string]string{"given_name": "first_name", "family_name": "last_name"}[field], field) // as in a row of a backup
		if !profile[name] {
			profile[name] = true
			with("profile", name, "changed", "")
		}
	}
}

// membership tells who is in an organization or is not, with the roles there.
// Everybody without another organization is put into the default one.
func (w *watch) membership(f *Finding, d compare.Difference, with func(thing, key, change, in string)) {
	code := strings.TrimPrefix(d.Field, "organizations.")
	if d.Actual == "" {
		with("organization", code, "removed", "")
		rolesOf(f.want.Organizations[code], nil, code, with)
		return
	}
	if code != w.everybodys {
		with("organization", code, "added", "")
	}
	rolesOf(nil, f.mate.Organizations[code], code, with)
}

func rolesOf(want, have []string, code string, with func(thing, key, change, in string)) {
	for _, key := range have {
		if !slices.Contains(want, key) {
			with("role", key, "added", code)
		}
	}
	for _, key := range want {
		if !slices.Contains(have, key) {
			with("role", key, "removed", code)
		}
	}
}

func change(more bool) string {
	if more {
		return "added"
	}
	return "removed"
}

// list takes apart what the comparator joined.
func list(keys string) []string {
	return slices.DeleteFunc(strings.Split(keys, ","), func(key string) bool { return key == "" })
}
