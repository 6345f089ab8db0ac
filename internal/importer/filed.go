package importer

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importfile"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// NotImported says of a record that the dashboard was to create its user and
// the tenant does not show one.
const NotImported mapping.Code = "NOT_IMPORTED"

// fileOf names the file by which a user was to come, "" when it was to be created.
func fileOf(create checkpoint.Step) string {
	if create.Kind != checkpoint.StepCreate {
		return ""
	}
	return intendedOf(create).File
}

// adoptFiled finds those whom the dashboard created, by looking at everybody
// once. Who is not there is given up for this run: the next looks again, and a
// run without Complete creates them.
func (r *run) adoptFiled(ctx context.Context) error {
	if !r.opt.Complete {
		return nil
	}
	r.meter.Begin("finding whom the dashboard imported", r.pending)
	for page, err := range r.tenant.GetUsersPages(ctx, kinde.GetUsersRequest{Expand: []string{kinde.ExpandIdentities}}) {
		if err != nil {
			return fmt.Errorf("reading everyone to find whom the dashboard imported: %w", err)
		}
		if err := r.adoptPage(ctx, page.Items); err != nil {
			return err
		}
		if r.job.Draining() {
			return nil
		}
	}
	if err := r.Checkpoint.Flush(ctx); err != nil {
		return err
	}
	if err := r.giveUpMissing(ctx); err != nil {
		return err
	}
	return r.seeProperties(ctx)
}

// seeProperties reads what properties the files brought: the dashboard passes
// over those that were not defined when it imported.
func (r *run) seeProperties(ctx context.Context) error {
	n, err := r.Checkpoint.Count(
		ctx,
		checkpoint.Selection{Outcomes: []checkpoint.Outcome{checkpoint.Pending}, Stage: []checkpoint.Stage{checkpoint.Present}, Properties: true},
	)
	if err != nil || n == 0 {
		return err
	}
	r.planner.properties = map[string]checkpoint.Digest{}
	for page, err := range r.tenant.SearchUsersPages(ctx, kinde.SearchUsersRequest{Expand: []string{kinde.ExpandProperties}}) {
		if err != nil {
			return fmt.Errorf("reading the properties that the files brought: %w", err)
		}
		for _, u := range page.Items {
			maps.DeleteFunc(u.Properties, func(key, value string) bool {
				return value == "" || strings.HasPrefix(key, "kp_") || strings.HasPrefix(key, "kp-")
			})
			if len(u.Properties) > 0 {
				r.planner.properties[u.ID] = r.planner.digest(checkpoint.StepProperties, u.Properties)
			}
		}
	}
	return nil
}

// keysOf are the keys under which the checkpoint may know a user of the tenant.
func (r *run) keysOf(u *kinde.User) (keys []checkpoint.Digest) {
	if u.ProvidedID != "" {
		return []checkpoint.Digest{r.Checkpoint.Keyed(intake.KeyID.String() + "\x00" + u.ProvidedID)}
	}
	kinds := map[string]intake.KeyKind{"email": intake.KeyEmail, "phone": intake.KeyPhone, "username": intake.KeyUsername}
	for _, i := range shownIdentities(u) {
		if kind, ok := kinds[i.Kind]; ok {
			keys = append(keys, r.Checkpoint.Keyed(kind.String()+"\x00"+compare.Fold(i.Kind, i.Value)))
		}
	}
	return keys
}

func (r *run) adoptPage(ctx context.Context, users []kinde.User) error {
	keys := make([][]checkpoint.Digest, len(users))
	for i := range users {
		keys[i] = r.keysOf(&users[i])
	}
	records, err := r.Checkpoint.RecordsByKey(ctx, slices.Concat(keys...))
	if err != nil {
		return err
	}
	var ids []int64
	for _, x := range records {
		ids = append(ids, x.ID)
	}
	steps, err := r.Checkpoint.StepsOfMany(ctx, ids)
	if err != nil {
		return err
	}
	met := map[int64]bool{}
	for i := range users {
		for _, key := range keys[i] {
			x, known := records[key]
			if !known || met[x.ID] || x.Outcome != checkpoint.Pending || x.Stage != checkpoint.Intended {
				continue
			}
			at := slices.IndexFunc(steps[x.ID], func(s checkpoint.Step) bool { return fileOf(s) != "" })
			if at < 0 {
				continue // a create in doubt: settled in its own way
			}
			ours, err := r.adoptOne(ctx, &x, steps[x.ID][at], &users[i])
			if err != nil {
				return err
			}
			if ours {
				met[x.ID] = true
				break
			}
		}
	}
	return nil
}

// adoptOne takes a user for the job's by the proof that settles a create without an
// answer, and by an identity of the record besides. It tells whether the record is settled.
func (r *run) adoptOne(ctx context.Context, x *checkpoint.Record, create checkpoint.Step, u *kinde.User) (bool, error) {
	meant := intendedOf(create)
	addresses := addressesOf(append(identitiesOf(x), meant.identities()...)) // what the file says, the source may not any more
	intent := r.planner.settle.intentOf(create)
	seen := evidence{
		Rule:       ruleProvidedID,
		ProvidedID: x.SourceID,
		CreatedOn:  u.CreatedOn,
		Intent:     intent,
		File:       meant.File,
		Asked:      meant.Identities,
	}
	switch {
	case x.SourceID != "" && (u.ProvidedID != x.SourceID || !share(u, addresses)):
		return false, nil
	case x.SourceID != "" && !since(u, intent):
		// There before the file was: looked up like everybody who existed, and never rolled back.
		return true, r.Checkpoint.Post(ctx,
			checkpoint.SetProgress{ID: x.ID, Outcome: checkpoint.Pending, Pass: r.job.Pass, Stage: checkpoint.Untouched},
			checkpoint.DropSteps{Record: x.ID, Kind: checkpoint.StepCreate})
	case x.SourceID == "":
		seen.Rule = ruleNames
		if !unclaimed(u, intent) || !share(u, addresses) ||
			!sameName(u.FirstName+" "+u.LastName, x.Name) && !slices.Contains(meant.Names, [2]string{u.FirstName, u.LastName}) {
			return false, nil
		}
	}
	if bound, taken, err := r.Checkpoint.RecordByKindeID(ctx, u.ID); err != nil || taken && bound.ID != x.ID {
		return false, err
	}
	create.State, create.Detail, create.Run, create.At = checkpoint.Done, seen.String(), r.job.Run.ID, r.opt.Now()
	create.Code, create.Message = "", ""
	return true, r.Checkpoint.Post(
		ctx,
		checkpoint.SetProgress{
			ID:      x.ID,
			KindeID: u.ID,
			Owner:   checkpoint.Adopted,
			Outcome: checkpoint.Pending,
			Pass:    r.job.Pass,
			Stage:   checkpoint.Present,
		},
		checkpoint.PutStep{Step: create},
	)
}

// giveUpMissing names those who were to come by a file and are not there.
func (r *run) giveUpMissing(ctx context.Context) error {
	where := checkpoint.Selection{Outcomes: []checkpoint.Outcome{checkpoint.Pending}, Stage: []checkpoint.Stage{checkpoint.Intended}}
	for chunk, err := range chunks(r.Checkpoint.Records(ctx, where), lookUpChunk) {
		if err != nil {
			return err
		}
		steps, err := r.stepsOf(ctx, chunk)
		if err != nil {
			return err
		}
		for _, x := range chunk {
			for _, create := range steps[x.ID] {
				file := fileOf(create)
				if file == "" {
					continue
				}
				create.State, create.Code, create.Run, create.At = checkpoint.GaveUp, string(NotImported), r.job.Run.ID, r.opt.Now()
				create.Message = "is in " + file + ", and the tenant shows nobody with this id and one of the identities"
				hint := "Import the file in Kinde's dashboard and repeat the command; without --complete these users are created one by one."
				if err := r.Checkpoint.Post(ctx,
					checkpoint.SetProgress{ID: x.ID, Outcome: checkpoint.Failed, Pass: r.job.Pass, Stage: checkpoint.Intended},
					checkpoint.DropProblems{Record: x.ID, Applying: true},
					checkpoint.AddProblems(problemRows(&x, []mapping.Problem{{Severity: mapping.Error, Code: NotImported, Message: create.Message,
						Hint: hint}}, true)),
					checkpoint.PutStep{Step: create}); err != nil {
					return err
				}
			}
		}
	}
	return r.Checkpoint.Flush(ctx)
}

// broughtByFile notes what the file held as done: what can't be shown, and of
// the identities those that the tenant shows.
func (p *planner) broughtByFile(s *engine.Subject, w *wanted, shown *kinde.User) {
	seen := evidenceOf(s.Before[engine.StepID{Kind: checkpoint.StepCreate}])
	format := importfile.FormatOf(seen.File)
	if format == "" {
		return
	}
	note := func(info engine.Info, detail, message string) {
		id := engine.StepID{Kind: info.Kind, Key: info.Key}
		if _, had := s.Before[id]; had {
			return
		}
		s.Before[id] = checkpoint.Step{
			Record: s.Record.ID,
			Kind:   info.Kind,
			Key:    info.Key,
			State:  checkpoint.Done,
			Units:  max(info.Units, 1),
			Digest: info.Digest,
			Detail: detail,
			Run:    p.first,
		}
		s.Steps = append(
			s.Steps,
			&notedStep{info: info, result: engine.Result{Nothing: true, Detail: detail, Problem: engine.Problem{Message: message}}},
		)
	}
	var there []mapping.Identity
	for _, i := range format.Identities(w.identities) {
		if slices.ContainsFunc(shownIdentities(shown), func(x compare.Identity) bool {
			return x.Kind == string(i.Type) && compare.Same(x.Kind, i.Value, x.Value)
		}) {
			there = append(there, i)
		}
	}
	brought := addressesOf(there)
	for _, a := range seen.Asked {
		if key := identityID(string(a.Type), a.Value).Key; !slices.Contains(brought, key) && share(shown, []string{key}) {
			brought = append(brought, key)
		}
	}
	if len(brought) > 0 {
		note(engine.Info{Kind: checkpoint.StepIdentities, Units: len(there)}, keyList(brought), "")
	}
	if w.password != nil && !w.password.Temporary {
		note(engine.Info{Kind: checkpoint.StepPassword, Digest: p.digest(checkpoint.StepPassword, w.password)}, "", "in "+seen.File)
	}
	if digest := p.digest(checkpoint.StepProperties, w.properties); format.Properties() && len(w.properties) > 0 &&
		p.properties[shown.ID] == digest {
		note(engine.Info{Kind: checkpoint.StepProperties, Units: len(w.properties), Digest: digest}, withSet("", sortedKeys(w.properties)), "")
	}
}
