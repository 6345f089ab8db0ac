package importer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// inDoubt takes the records of which an import that was killed meant to create
// the user and did not learn whether it did.
var inDoubt = checkpoint.Selection{Any: true, Stage: []checkpoint.Stage{checkpoint.Intended}}

// leftInDoubt takes those of them that the source no longer holds.
var leftInDoubt = checkpoint.Selection{Gone: true, Stage: []checkpoint.Stage{checkpoint.Intended}}

// countLeft counts the creates in doubt of people who left the source before any
// run could settle them.
func (r *run) countLeft(ctx context.Context) (int64, error) {
	if r.job.Source < 2 || r.opt.Partial {
		return 0, nil
	}
	return r.Checkpoint.Count(ctx, leftInDoubt)
}

// settleLeft settles them: their users are ours like those of others who left.
func (r *run) settleLeft(ctx context.Context, left int64) (err error) {
	if left == 0 {
		return nil
	}
	if err := r.settleDoubt(ctx, leftInDoubt); err != nil {
		return err
	}
	r.gone, err = r.countGone(ctx)
	return err
}

// settleDoubt finds out which of the creates in doubt happened. The source need not
// hold the records any more: what the checkpoint knows of them has to do.
func (r *run) settleDoubt(ctx context.Context, where checkpoint.Selection) error {
	var unseen []checkpoint.Record
	steps := map[int64][]checkpoint.Step{}
	for chunk, err := range chunks(r.Checkpoint.Records(ctx, where), maxFilterIDs) {
		if err != nil {
			return err
		}
		of, err := r.stepsOf(ctx, chunk)
		if err != nil {
			return err
		}
		maps.Copy(steps, of)
		var identities []mapping.Identity
		for i := range chunk {
			identities = append(identities, askedFor(&chunk[i], steps[chunk[i].ID])...)
		}
		found, err := r.planner.settle.byIdentities(ctx, identities)
		if err != nil {
			return err
		}
		rest, err := r.claim(ctx, chunk, steps, found)
		if err != nil {
			return err
		}
		unseen = append(unseen, rest...)
	}
	if len(unseen) == 0 {
		return nil
	}
	// A filter sees primary addresses only, or there was nothing to ask for.
	var everyone []kinde.User
	ids, mine := map[string]bool{}, map[string]bool{}
	for i := range unseen {
		ids[unseen[i].SourceID] = unseen[i].SourceID != ""
		for _, a := range addressesOf(askedFor(&unseen[i], steps[unseen[i].ID])) {
			mine[a] = true
		}
	}
	for page, err := range r.tenant.GetUsersPages(ctx, kinde.GetUsersRequest{Expand: []string{kinde.ExpandIdentities}}) {
		if err != nil {
			return fmt.Errorf("reading everyone to settle creates in doubt: %w", err)
		}
		for _, u := range page.Items {
			if ids[u.ProvidedID] || slices.ContainsFunc(shownAddresses(&u), func(a string) bool { return mine[a] }) {
				everyone = append(everyone, u)
			}
		}
	}
	rest, err := r.claim(ctx, unseen, steps, everyone)
	if err != nil {
		return err
	}
	for i := range rest {
		if where.Gone && slices.ContainsFunc(steps[rest[i].ID], func(s checkpoint.Step) bool { return fileOf(s) != "" }) {
			continue // the dashboard may make the user yet
		}
		// Nobody: the create did not happen.
		if err := r.Checkpoint.Post(ctx, checkpoint.DropSteps{Record: rest[i].ID, Kind: checkpoint.StepCreate},
			checkpoint.SetProgress{ID: rest[i].ID, Outcome: rest[i].Outcome, Pass: rest[i].Pass, Stage: checkpoint.Untouched}); err != nil {
			return err
		}
	}
	return r.Checkpoint.Flush(ctx)
}

// identitiesOf is what the checkpoint knows of a record's identities.
func identitiesOf(r *checkpoint.Record) (list []mapping.Identity) {
	for _, x := range []mapping.Identity{{Type: mapping.Email, Value: r.Email}, {Type: mapping.Phone, Value: r.Phone},
		{Type: mapping.Username, Value: r.Username}} {
		if x.Value != "" {
			list = append(list, x)
		}
	}
	return list
}

// askedFor is what a create in doubt may have brought: what the record says, and
// what it said when the create was sent.
func askedFor(r *checkpoint.Record, steps []checkpoint.Step) []mapping.Identity {
	list := identitiesOf(r)
	for _, s := range steps {
		if s.Kind == checkpoint.StepCreate && open(s.State) {
			list = append(list, intendedOf(s).identities()...)
		}
	}
	return list
}

// claim adopts those of the users that are the fruit of a create in doubt, by
// the rule of an import, and returns the records that got nobody.
func (r *run) claim(
	ctx context.Context, records []checkpoint.Record, steps map[int64][]checkpoint.Step, users []kinde.User,
) ([]checkpoint.Record, error) {
	var rest []checkpoint.Record
	for i := range records {
		record := &records[i]
		own := 0
		for n := range users {
			u := &users[n]
			seen, ours := r.fruitOf(u, record, steps[record.ID])
			if !ours {
				continue
			}
			if bound, taken, err := r.Checkpoint.RecordByKindeID(ctx, u.ID); err != nil {
				return nil, err
			} else if taken && bound.ID != record.ID {
				continue
			}
			own++
			step := checkpoint.Step{
				Record: record.ID,
				Kind:   checkpoint.StepCreate,
				State:  checkpoint.Done,
				Units:  1,
				Detail: seen.String(),
				Run:    r.job.Run.ID,
				At:     r.opt.Now(),
			}
			changes := []checkpoint.Change{checkpoint.SetProgress{ID: record.ID, KindeID: u.ID, Owner: checkpoint.Adopted, Outcome: record.Outcome,
				Pass: record.Pass, Stage: checkpoint.Present}}
			if own > 1 {
				step.Kind, step.Key, changes = stepTwin, u.ID, nil
			}
			if err := r.Checkpoint.Commit(ctx, append(changes, checkpoint.PutStep{Step: step})...); err != nil {
				return nil, err
			}
		}
		if own == 0 {
			rest = append(rest, *record)
		}
	}
	return rest, nil
}

// fruitOf tells whether a user is what the create in doubt of a record made.
func (r *run) fruitOf(u *kinde.User, record *checkpoint.Record, steps []checkpoint.Step) (evidence, bool) {
	addresses := addressesOf(identitiesOf(record))
	for _, s := range steps {
		if s.Kind != checkpoint.StepCreate || s.State == checkpoint.Done {
			continue
		}
		meant := intendedOf(s)
		owner := ownership{sourceID: record.SourceID, addresses: addresses, sent: addressesOf(meant.identities()), names: meant.Names,
			unlooked: meant.File != ""}
		if record.SourceID == "" {
			if asked := owner.all(); len(asked) > 0 && !share(u, asked) {
				return evidence{}, false
			}
			if strings.TrimSpace(u.FirstName+" "+u.LastName) == record.Name {
				owner.names = append(owner.names, [2]string{u.FirstName, u.LastName})
			}
		}
		return r.planner.settle.proves(u, owner, r.planner.settle.intentOf(s))
	}
	return evidence{}, false
}
