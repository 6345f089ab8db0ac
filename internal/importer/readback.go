package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// readBackPass is what the note holds beside the result.
type readBackPass struct {
	checkpoint.Reconciliation
	Pass int `json:"pass"`
}

// touched takes the records that this pass wrote, and those that did not match
// when somebody looked last: what can't be explained is looked at until it can.
func (r *run) touched() checkpoint.Selection {
	return checkpoint.Selection{Outcomes: []checkpoint.Outcome{checkpoint.Created, checkpoint.Updated}, Pass: r.job.Pass, Differing: true,
		Stage: []checkpoint.Stage{checkpoint.Present}}
}

// readBack compares what this pass touched with what the tenant shows now.
func (r *run) readBack(ctx context.Context) error {
	if err := r.Checkpoint.Flush(ctx); err != nil {
		return err
	}
	total, err := r.Checkpoint.Count(ctx, checkpoint.Selection{})
	if err != nil {
		return err
	}
	b := &readBack{run: r, found: map[int64][]compare.Difference{}}
	for d, err := range r.Checkpoint.Different(ctx) {
		if err != nil {
			return err
		}
		b.again.set(d.Record)
		if d.Missing {
			b.missed.set(d.Record)
		}
	}
	b.count, err = r.Checkpoint.Count(ctx, r.touched())
	if err != nil {
		return err
	}
	result := checkpoint.Reconciliation{NotVerifiable: []string{"passwords", "password reset requests", "flags", "verified states"}}
	if !r.opt.NoReconcile && b.count > 0 {
		r.meter.Begin("reading back", b.count)
		if err := b.all(ctx); err != nil {
			return err
		}
		result.Performed = r.dry == nil
		result.Run, result.At = r.job.Run.Name, r.opt.Now().UTC()
		result.CheckedFields = []string{
			"provided_id",
			"given_name",
			"family_name",
			"picture",
			"is_suspended",
			"identities",
			"organizations",
			"roles",
			"properties",
		}
		if result.Performed {
			if err := b.tally(ctx, &result); err != nil {
				return err
			}
		}
	}
	result.Explained = total - result.Matched - result.Missing - result.Different
	gap, err := r.longestOpen(ctx, r.planner.settle.gap())
	if err != nil {
		return err
	}
	result.Longest = gap.Milliseconds()
	r.result.Read = result
	if !result.Performed && r.dry == nil && b.count == 0 {
		return r.date(ctx)
	}
	data, err := json.Marshal(readBackPass{result, r.job.Pass})
	if err != nil {
		return err
	}
	return r.Checkpoint.Commit(ctx, checkpoint.SetNote{Name: checkpoint.NoteReconciliation, JSON: data})
}

// readBack is one comparison of touched users with the tenant.
type readBack struct {
	*run
	count int64
	seen  bitset // records whose user the tenant showed
	done  bitset // records whose properties or roles were compared, per part
	found map[int64][]compare.Difference

	again  bitset // records that did not match when somebody looked last
	missed bitset // those of them that were missing
}

// maxDifferent bounds the users whose differences are kept.
const maxDifferent = 10_000

func (b *readBack) all(ctx context.Context) error {
	if err := b.users(ctx); err != nil {
		return err
	}
	if err := b.properties(ctx); err != nil {
		return err
	}
	return b.roles(ctx)
}

// pageOfUsers is how many users a page holds, as far as is known.
func (b *readBack) pageOfUsers() int64 {
	if b.finder != nil && b.finder.pages > 1 && b.finder.pageSize > 0 {
		return int64(b.finder.pageSize)
	}
	return 500
}

// everyone estimates how many users the tenant has now; known is false when
// only a look at all of them would tell.
func (b *readBack) everyone() (n int64, known bool) {
	if b.finder == nil || !b.finder.complete {
		return 0, false
	}
	return int64(len(b.finder.users)) + b.count, true
}

func pieces(n, size int64) int64 { return (n + size - 1) / size }

// users compares names, pictures, suspensions, identities and organizations:
// by listing everyone where that takes fewer requests than asking for the touched.
func (b *readBack) users(ctx context.Context) error {
	expand := []string{kinde.ExpandIdentities, kinde.ExpandOrganizations}
	everyone, known := b.everyone()
	if known && pieces(everyone, b.pageOfUsers()) <= pieces(b.count, maxFilterIDs) {
		if b.dry != nil {
			b.dry.count(operation.GetUsers, max(1, pieces(everyone, b.pageOfUsers())))
			return nil
		}
		for page, err := range b.tenant.GetUsersPages(ctx, kinde.GetUsersRequest{Expand: expand}) {
			if err != nil {
				return fmt.Errorf("reading the users back: %w", err)
			}
			if err := b.compareUsers(ctx, page.Items); err != nil {
				return err
			}
		}
		return nil
	}
	if b.dry != nil {
		b.dry.count(operation.GetUsers, pieces(b.count, maxFilterIDs))
		return nil
	}
	for chunk, err := range chunks(b.Checkpoint.Records(ctx, b.touched()), maxFilterIDs) {
		if err != nil {
			return err
		}
		ids := make([]string, len(chunk))
		for i := range chunk {
			ids[i] = chunk[i].KindeID
		}
		for page, err := range b.tenant.GetUsersPages(ctx, kinde.GetUsersRequest{UserIDs: ids, Expand: expand}) {
			if err != nil {
				return fmt.Errorf("reading the users back: %w", err)
			}
			if err := b.compareUsers(ctx, page.Items); err != nil {
				return err
			}
		}
	}
	return nil
}

// pairs finds the touched records of shown users and reads what they should be.
func (b *readBack) pairs(ctx context.Context, ids []string, use func(checkpoint.Record) bool, f func(checkpoint.Record, *wanted)) error {
	records, err := b.Checkpoint.RecordsByKindeID(ctx, ids)
	if err != nil {
		return err
	}
	var mine []checkpoint.Record
	for _, x := range records {
		wrote := x.Outcome == checkpoint.Created || x.Outcome == checkpoint.Updated
		if wrote && x.File != checkpoint.Elsewhere && (x.Pass == b.job.Pass || b.again.has(x.ID)) && x.Seen == b.job.Source && use(x) {
			mine = append(mine, x)
		}
	}
	slices.SortFunc(mine, func(x, y checkpoint.Record) int { return int(x.Number - y.Number) })
	for record, item := range b.items(ctx, mine) {
		if item.User == nil {
			return unreadable(record, item)
		}
		f(*record, b.planner.resolve(cloneUser(item.User)))
	}
	return nil
}

func (b *readBack) compareUsers(ctx context.Context, users []kinde.User) error {
	shown := make(map[string]*kinde.User, len(users))
	ids := make([]string, len(users))
	for i := range users {
		ids[i], shown[users[i].ID] = users[i].ID, &users[i]
	}
	return b.pairs(ctx, ids, func(x checkpoint.Record) bool { return !b.seen.has(x.ID) }, func(x checkpoint.Record, w *wanted) {
		b.seen.set(x.ID)
		b.meter.Scanned(1)
		b.differ(
			x,
			compare.Users(
				w.desired(),
				shownUser(shown[x.KindeID]),
				compare.Known{Profile: true, Identities: true, Connections: connectionsShown(shown[x.KindeID]), Organizations: true},
			),
		)
	})
}

// connectionsShown tells whether a tenant shows to which connection an identity belongs.
func connectionsShown(u *kinde.User) bool {
	return !slices.ContainsFunc(u.Identities, func(i kinde.UserIdentity) bool {
		kind := i.Kind()
		return (kind == kinde.IdentitySocial || kind == kinde.IdentityEnterprise) && i.ConnectionID == ""
	})
}

// shownUser is a user of the tenant in the comparator's terms.
func shownUser(u *kinde.User) compare.User {
	x := compare.User{ID: u.ID, ProvidedID: u.ProvidedID, GivenName: u.FirstName, FamilyName: u.LastName, Picture: u.Picture,
		Suspended: u.IsSuspended, Identities: shownIdentities(u), Properties: u.Properties, Organizations: make(map[string][]string,
			len(u.Organizations))}
	for _, code := range u.Organizations {
		x.Organizations[code] = nil
	}
	return x
}

func (b *readBack) differ(x checkpoint.Record, all []compare.Difference) {
	if asked := compare.Asked(all); len(asked) > 0 && (len(b.found) < maxDifferent || b.found[x.ID] != nil) {
		b.found[x.ID] = append(b.found[x.ID], asked...)
	}
}

// properties compares properties: searchUsers shows them by pages, but a few
// users are asked one by one.
func (b *readBack) properties(ctx context.Context) error {
	where := b.touched()
	where.Properties = true
	n, err := b.Checkpoint.Count(ctx, where)
	if err != nil || n == 0 {
		return err
	}
	b.done = nil
	budget := n
	everyone, known := b.everyone()
	// The search ends with an empty page, which is one more.
	pages := pieces(everyone, b.pageOfUsers()) + 1
	listed := n > 20
	if known {
		listed = pages < n
	}
	if b.dry != nil {
		if listed && known {
			b.dry.count(operation.SearchUsers, pages)
		} else {
			b.dry.count(operation.GetUserPropertyValues, n)
		}
		return nil
	}
	if listed {
		var read int64
		for page, err := range b.tenant.SearchUsersPages(ctx, kinde.SearchUsersRequest{Expand: []string{kinde.ExpandProperties}}) {
			if err != nil {
				return fmt.Errorf("reading the properties back: %w", err)
			}
			if err := b.compareProperties(ctx, page.Items); err != nil {
				return err
			}
			if read++; read > budget {
				break
			}
		}
	}
	for chunk, err := range chunks(b.Checkpoint.Records(ctx, where), 250) {
		if err != nil {
			return err
		}
		chunk = slices.DeleteFunc(chunk, func(x checkpoint.Record) bool { return b.done.has(x.ID) || !b.seen.has(x.ID) })
		for record, item := range b.items(ctx, chunk) {
			if item.User == nil {
				return unreadable(record, item)
			}
			have := map[string]string{}
			for v, err := range b.tenant.GetUserPropertyValues(ctx, record.KindeID) {
				if err != nil {
					return fmt.Errorf("reading the properties of a user back: %w", err)
				}
				have[v.Key] = v.Value
			}
			w := b.planner.resolve(cloneUser(item.User))
			b.differ(*record, compare.Users(compare.User{Properties: w.properties}, compare.User{Properties: have}, compare.Known{Properties: true}))
		}
	}
	return nil
}

// compareProperties compares a page of the search. Who seems to differ is left
// to be asked alone: a search may lag behind the writes.
func (b *readBack) compareProperties(ctx context.Context, users []kinde.User) error {
	shown := make(map[string]map[string]string, len(users))
	ids := make([]string, len(users))
	for i := range users {
		ids[i], shown[users[i].ID] = users[i].ID, users[i].Properties
	}
	return b.pairs(ctx, ids, func(x checkpoint.Record) bool { return x.Want.Properties > 0 }, func(x checkpoint.Record, w *wanted) {
		d := compare.Users(compare.User{Properties: w.properties}, compare.User{Properties: shown[x.KindeID]}, compare.Known{Properties: true})
		if len(compare.Asked(d)) == 0 {
			b.done.set(x.ID)
		}
	})
}

// roles compares roles, organization by organization: by pages of members, or
// one by one where that is cheaper.
func (b *readBack) roles(ctx context.Context) error {
	organizations, err := b.Checkpoint.RolesSet(ctx, b.planner.first)
	if err != nil {
		return err
	}
	for _, code := range sortedKeys(organizations) {
		n := organizations[code]
		listed := n > 3
		if b.dry != nil {
			if listed {
				b.dry.count(operation.GetOrganizationUsers, pieces(n+b.membersBefore(code), b.pageOfUsers()))
			} else {
				b.dry.count(operation.GetOrganizationUserRoles, n)
			}
			continue
		}
		b.done = nil
		if listed {
			if err := b.listRoles(ctx, code, n); err != nil {
				return err
			}
		}
		if err := b.askRoles(ctx, code); err != nil {
			return err
		}
	}
	return nil
}

// membersBefore counts who was in an organization before the run, as far as is known.
func (b *readBack) membersBefore(code string) (n int64) {
	if b.finder == nil {
		return 0
	}
	for i := range b.finder.users {
		if slices.Contains(b.finder.users[i].Organizations, code) {
			n++
		}
	}
	return n
}

func (b *readBack) listRoles(ctx context.Context, code string, budget int64) error {
	var read int64
	for page, err := range b.tenant.GetOrganizationUsersPages(ctx, code, kinde.GetOrganizationUsersRequest{}) {
		if err != nil {
			return fmt.Errorf("reading the members of %s back: %w", code, err)
		}
		shown := make(map[string][]string, len(page.Items))
		ids := make([]string, len(page.Items))
		for i, m := range page.Items {
			ids[i], shown[m.ID] = m.ID, slices.Concat(m.Roles, []string{})
		}
		err := b.pairs(
			ctx,
			ids,
			func(x checkpoint.Record) bool { return x.Want.Roles > 0 && !b.done.has(x.ID) },
			func(x checkpoint.Record, w *wanted) {
				b.compareRoles(x, w, code, shown[x.KindeID])
			},
		)
		if err != nil {
			return err
		}
		if read++; read > budget {
			break
		}
	}
	return nil
}

// askRoles asks for the roles of those that no page showed.
func (b *readBack) askRoles(ctx context.Context, code string) error {
	ids, err := b.Checkpoint.RolesOf(ctx, code, b.planner.first)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if b.done.has(id) || !b.seen.has(id) {
			continue
		}
		x, ok, err := b.Checkpoint.RecordByID(ctx, id)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		have := []string{}
		for role, err := range b.tenant.GetOrganizationUserRoles(ctx, code, x.KindeID) {
			if err != nil && kinde.ClassOf(err) != kinde.ClassNotFound {
				return fmt.Errorf("reading the roles of a member of %s back: %w", code, err)
			}
			if err == nil {
				have = append(have, role.Key)
			}
		}
		err = b.pairs(ctx, []string{x.KindeID}, func(checkpoint.Record) bool { return true }, func(x checkpoint.Record, w *wanted) {
			b.compareRoles(x, w, code, have)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *readBack) compareRoles(x checkpoint.Record, w *wanted, code string, have []string) {
	b.done.set(x.ID)
	for _, m := range w.members {
		if m.code == code {
			b.differ(x, compare.Users(compare.User{Organizations: map[string][]string{code: m.roles}},
				compare.User{Organizations: map[string][]string{code: have}}, compare.Known{Organizations: true, Roles: true}))
		}
	}
}

// tally stores the differences and counts the classes.
func (b *readBack) tally(ctx context.Context, result *checkpoint.Reconciliation) error {
	if err := b.Checkpoint.Post(ctx, checkpoint.DropDifferences{}); err != nil {
		return err
	}
	// Who keeps what the source dropped does not match it: that is said, and explained.
	keeping, err := b.Checkpoint.Keeping(ctx)
	if err != nil {
		return err
	}
	for x, err := range b.Checkpoint.Records(ctx, b.touched()) {
		if err != nil {
			return err
		}
		var rows checkpoint.AddDifferences
		switch differences := b.found[x.ID]; {
		case x.File == checkpoint.Elsewhere && b.missed.has(x.ID): // nobody can say anew what they should be
			result.Missing++
		case x.File == checkpoint.Elsewhere:
			result.Different++
		case !b.seen.has(x.ID):
			result.Missing++
			rows = append(rows, checkpoint.Difference{Record: x.ID, SourceID: x.SourceID, KindeID: x.KindeID, Kind: "missing"})
		case len(differences) > 0:
			result.Different++
			for _, d := range differences {
				rows = append(
					rows,
					checkpoint.Difference{
						Record:   x.ID,
						SourceID: x.SourceID,
						KindeID:  x.KindeID,
						Kind:     "different",
						Field:    d.Field,
						Expected: d.Expected,
						Actual:   d.Actual,
					},
				)
			}
		case !keeping[x.ID]:
			result.Matched++
		}
		if len(rows) > 0 {
			if err := b.Checkpoint.Post(ctx, rows); err != nil {
				return err
			}
		}
	}
	return nil
}
