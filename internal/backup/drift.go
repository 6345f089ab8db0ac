package backup

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/kinde-migrate/kinde-migrate/internal/tenant"
)

// Drift is how a tenant differs from a backup of it, or from the source of its users.
type Drift struct {
	Schema string           `json:"schema"`
	At     time.Time        `json:"at"`
	Tenant string           `json:"tenant"`
	Since  string           `json:"since"`            // name of the backup, or of the source's first file
	Source *Compared        `json:"source,omitempty"` // nil for a backup
	Totals map[string]int64 `json:"totals"`
	Events []Event          `json:"events"`
	Alerts []string         `json:"alerts"`    // rules that are true of some event
	Cut    bool             `json:"truncated"` // there are more events

	rules []Rule
	kept  map[int]int // events by rank
}

// Compared is how much of a source could be compared with the tenant.
type Compared struct {
	Records int64 `json:"records"`
	Users   int64 `json:"users"` // in the tenant
	// Explained counts records that an import does not bring, or brought only in
	// part: rejected, skipped, failed, deleted, kept.
	Explained map[string]int64 `json:"explained"`
	Older     int64            `json:"older"` // users of whom the source does not speak
	// LeftOut counts, by code and field, the records with a value that the tenant can't take.
	LeftOut map[string]int64 `json:"left_out"`
}

// Event is one thing that somebody should know.
type Event struct {
	Thing  string `json:"thing"`         // user, role, permission, organization, identity, verified, suspension, profile, definition
	Key    string `json:"key,omitempty"` // of the role, permission, organization or definition; the kind of the identity; the field
	Change string `json:"change"`        // added, removed, changed
	UserID string `json:"user_id,omitempty"`
	// SourceID and Record name a person of a source.
	SourceID string `json:"source_id,omitempty"`
	Record   int64  `json:"record,omitempty"`
	Name     string `json:"name,omitempty"` // what a person calls the user
	In       string `json:"in,omitempty"`   // code of the organization
}

// Text says it without a name unless show is set.
func (e *Event) Text(show bool) string {
	who := cmp.Or(e.UserID, e.SourceID)
	if who == "" && e.Record > 0 {
		who = fmt.Sprintf("record %d", e.Record)
	}
	if show && e.Name != "" {
		who = e.Name + " (" + who + ")"
	}
	what := strings.TrimSuffix(e.Thing+":"+e.Key, ":") + " " + e.Change
	if e.In != "" {
		what += " in " + e.In
	}
	if who == "" {
		return what
	}
	return what + ": " + who
}

// Rule is what an alert waits for: THING[:KEY] CHANGE.
type Rule struct{ thing, key, change string }

func (r Rule) String() string {
	return strings.TrimSuffix(r.thing+":"+r.key, ":") + " " + r.change
}

// Things are what an alert may be about.
var Things = []string{"user", "role", "permission", "organization", "identity", "verified", "suspension", "profile", "definition"}

// ParseRule reads a rule such as "role:admin added".
func ParseRule(text string) (r Rule, err error) {
	what, change, ok := strings.Cut(strings.TrimSpace(text), " ")
	r.change = strings.TrimSpace(change)
	r.thing, r.key, _ = strings.Cut(what, ":")
	if !ok || !slices.Contains(Things, r.thing) || !slices.Contains([]string{"added", "removed", "changed"}, r.change) {
		return r, fmt.Errorf("the rule %q is not THING[:KEY] added, removed or changed; things are %s", text, strings.Join(Things, ", "))
	}
	return r, nil
}

func (r Rule) matches(e *Event) bool {
	return r.thing == e.Thing && (r.key == "" || r.key == e.Key) && r.change == e.Change
}

// maxEvents bounds the events that are kept. Totals count all, and rules see all.
const maxEvents = 1000

// NewDrift is one without events.
func NewDrift(tenant, since string, at time.Time, rules []Rule) *Drift {
	return &Drift{
		Schema: "kinde-migrate.watch/1",
		At:     at.UTC(),
		Tenant: tenant,
		Since:  since,
		Totals: map[string]int64{},
		Events: []Event{},
		Alerts: []string{},
		rules:  rules,
		kept:   map[int]int{},
	}
}

// Add counts an event and asks the rules about it.
func (d *Drift) Add(e Event) {
	d.Totals[e.Thing+" "+e.Change]++
	for _, r := range d.rules {
		if text := r.String(); r.matches(&e) && !slices.Contains(d.Alerts, text) {
			d.Alerts = append(d.Alerts, text)
		}
	}
	if rank := e.rank(); d.kept[rank] < maxEvents {
		d.kept[rank]++
		d.Events = append(d.Events, e)
	} else {
		d.Cut = true
	}
}

// Sort puts first what may do most harm, and cuts the rest.
func (d *Drift) Sort() {
	slices.SortStableFunc(d.Events, func(a, b Event) int { return cmp.Compare(a.rank(), b.rank()) })
	if len(d.Events) > maxEvents {
		d.Events, d.Cut = d.Events[:maxEvents], true
	}
}

// Watch reads the tenant and compares it with a backup of it. What it reads lies
// encrypted in a temporary folder, under a key that is never written.
func Watch(ctx context.Context, t tenant.API, before *Backup, o Options, rules []Rule) (d *Drift, err error) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(o.TempDir, "kinde-migrate-watch-")
	if err != nil {
		return nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	o.Detail, o.Recipients, o.Identities = before.Manifest.Detail, Recipients{key.Recipient()}, Identities{key}
	repo := &Repository{dir: dir}
	m, err := repo.Backup(ctx, t, o)
	if err != nil {
		return nil, err
	}
	if was := before.Manifest.Tenant; was.Domain != m.Tenant.Domain || was.Code != m.Tenant.Code {
		return nil, &OtherTenantError{Folder: before.Folder, Holds: was.Domain, Asked: m.Tenant.Domain}
	}
	diff, err := Compare(ctx, before, &Backup{repo.look(m.Name).Folder, m, Identities{key}}, DiffOptions{Max: 1 << 30})
	if err != nil {
		return nil, err
	}
	d = NewDrift(m.Tenant.Domain, before.Manifest.Name, m.StartedAt, rules)
	for i := range diff.Items {
		if err := d.events(&diff.Items[i]); err != nil {
			return nil, err
		}
	}
	d.Sort()
	return d, nil
}

// rank puts first what may do most harm: somebody who got the rights of an
// administrator, then other rights, then verified states and ways in.
func (e *Event) rank() int {
	if (e.Thing == "role" || e.Thing == "permission") && e.Change == "added" && strings.Contains(e.Key, "admin") {
		return -1
	}
	return slices.Index(
		[]string{"role", "permission", "verified", "identity", "suspension", "user", "organization", "definition", "profile"},
		e.Thing,
	)
}

func (d *Drift) events(x *Difference) error {
	change := map[string]string{"came": "added", "went": "removed", "changed": "changed"}[x.Change]
	if x.Kind != KindUsers {
		d.Add(Event{Thing: "definition", Key: x.Kind + "." + x.ID, Change: change})
		return nil
	}
	about := Event{UserID: x.ID, Name: x.Name}
	with := func(thing, key, change, in string) {
		e := about
		e.Thing, e.Key, e.Change, e.In = thing, key, change, in
		d.Add(e)
	}
	if x.Change != "changed" {
		with("user", "", change, "")
		for _, m := range x.members { // who comes with rights
			rightsOf(nil, []tenant.Membership{m}, with)
		}
		return nil
	}
	for _, c := range x.Changes {
		switch c.Field {
		case "organizations":
			var from, to []tenant.Membership
			if err := errors.Join(json.Unmarshal(c.From, &from), json.Unmarshal(c.To, &to)); err != nil {
				return fmt.Errorf("comparing organizations: %w", err)
			}
			rightsOf(from, to, with)
		case "identities":
			var from, to []tenant.Identity
			if err := errors.Join(json.Unmarshal(c.From, &from), json.Unmarshal(c.To, &to)); err != nil {
				return fmt.Errorf("comparing identities: %w", err)
			}
			identityEvents(from, to, with)
		case "is_suspended":
			with("suspension", "", map[bool]string{true: "added", false: "removed"}[string(c.To) == "true"], "")
		default:
			with("profile", c.Field, "changed", "")
		}
	}
	return nil
}

// rightsOf tells which organizations, roles and permissions somebody got and lost.
func rightsOf(from, to []tenant.Membership, with func(thing, key, change, in string)) {
	find := func(list []tenant.Membership, code string) tenant.Membership {
		if i := slices.IndexFunc(list, func(m tenant.Membership) bool { return m.Code == code }); i >= 0 {
			return list[i]
		}
		return tenant.Membership{}
	}
	for _, side := range []struct {
		here, there []tenant.Membership
		change      string
	}{{to, from, "added"}, {from, to, "removed"}} {
		for _, m := range side.here {
			other := find(side.there, m.Code)
			if other.Code == "" {
				with("organization", m.Code, side.change, "")
			}
			for _, list := range []struct {
				thing string
				has   []string
				had   []string
			}{{"role", m.Roles, other.Roles}, {"permission", m.Permissions, other.Permissions}} {
				for _, key := range list.has {
					if !slices.Contains(list.had, key) {
						with(list.thing, key, side.change, m.Code)
					}
				}
			}
		}
	}
}

func identityEvents(from, to []tenant.Identity, with func(thing, key, change, in string)) {
	same := func(a tenant.Identity) func(tenant.Identity) bool {
		return func(b tenant.Identity) bool {
			return a.Type == b.Type && a.Value == b.Value && a.ConnectionID == b.ConnectionID
		}
	}
	yes := func(b *bool) bool { return b != nil && *b }
	for _, i := range to {
		at := slices.IndexFunc(from, same(i))
		switch {
		case at < 0:
			with("identity", i.Type, "added", "")
		case yes(i.Verified) && !yes(from[at].Verified):
			with("verified", i.Type, "added", "")
		case yes(from[at].Verified) && !yes(i.Verified):
			with("verified", i.Type, "removed", "")
		}
	}
	for _, i := range from {
		if !slices.ContainsFunc(to, same(i)) {
			with("identity", i.Type, "removed", "")
		}
	}
}
