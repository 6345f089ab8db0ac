package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// UserGone is the code of a user who was to be taken away and was not there.
const UserGone mapping.Code = "USER_GONE"

// RollbackOptions says how to take an import back.
type RollbackOptions struct {
	Force       bool // also delete users who have signed in, and those adopted by names and time only
	Definitions bool // also delete the organizations, roles, permissions and properties that the import created
	Profile     bool // remove the people from the subscriber list, too
}

// Rollback deletes the users that the job created, unless somebody has signed
// in as them, and gives users that existed what the API can show of their
// former state: names, picture, suspension, provided id, properties,
// identities, memberships. What it can't restore is in the checkpoint's
// problems. Job.Source is not used. The same call again goes on where it stopped.
func Rollback(ctx context.Context, j Job, opt Options, back RollbackOptions) (Result, error) {
	opt.Command = "rollback"
	r, err := newRun(&j, &opt)
	if err != nil {
		return Result{}, err
	}
	r.borrowed = true
	return r.execute(ctx, func(ctx context.Context) error { return r.rollback(ctx, back) })
}

// written takes the records whose user a run of the job created or changed.
var written = checkpoint.Selection{Any: true, Stage: []checkpoint.Stage{checkpoint.Present},
	Owners: []checkpoint.Owner{checkpoint.Made, checkpoint.Adopted, checkpoint.Existed}}

func (r *run) rollback(ctx context.Context, back RollbackOptions) error {
	doubtful, err := r.Checkpoint.Count(ctx, inDoubt)
	if err != nil {
		return err
	}
	total, err := r.Checkpoint.Count(ctx, written)
	if err != nil {
		return err
	}
	var made []checkpoint.Definition
	if back.Definitions {
		if made, err = r.Checkpoint.Definitions(ctx); err != nil {
			return err
		}
	}
	if total+doubtful == 0 && len(made) == 0 {
		r.job.Nothing = true
		return nil
	}
	environment, err := r.tenant.GetEnvironment(ctx)
	if err != nil {
		return fmt.Errorf("asking which tenant this is: %w", err)
	}
	if err := r.job.SameTenant(ctx, environment); err != nil {
		return err
	}
	if r.Confirm != nil {
		if err := r.Confirm(ctx, Plan{Environment: environment, Domain: r.tenant.BaseURL(), Pending: total + doubtful,
			Resumed: r.job.Resumed}); err != nil {
			return err
		}
	}
	if doubtful > 0 {
		if err := r.settleDoubt(ctx, inDoubt); err != nil {
			return err
		}
		if total, err = r.Checkpoint.Count(ctx, written); err != nil {
			return err
		}
	}
	gone, err := r.Checkpoint.Count(ctx, checkpoint.Selection{Any: true, Pass: r.job.Pass, Outcomes: []checkpoint.Outcome{checkpoint.Deleted}})
	if err != nil {
		return err
	}
	r.meter.GoOn("rolling back", gone, gone+total)
	again, err := r.goesOnRollingBack(ctx)
	if err != nil {
		return err
	}
	if err := r.engine.Run(ctx, r.backSubjects(ctx, back, again), nil); err != nil {
		return err
	}
	if r.engine.Draining() {
		r.job.Unfinished = true
		return nil
	}
	if r.engine.Failed() > 0 {
		return nil // somebody may still refer to the definitions
	}
	if err := r.dropDefinitions(ctx, made); err != nil {
		return err
	}
	return r.forgetReadBack(ctx)
}

// goesOnRollingBack tells whether the run before this one was a rollback that did not
// come to its end. What it deleted last may not be noted: whoever is gone is taken for
// deleted by it.
func (r *run) goesOnRollingBack(ctx context.Context) (bool, error) {
	runs, err := r.Checkpoint.Runs(ctx)
	if err != nil {
		return false, err
	}
	before := slices.DeleteFunc(runs, func(x checkpoint.Run) bool { return x.ID == r.job.Run.ID })
	if len(before) == 0 {
		return false, nil
	}
	last := before[len(before)-1]
	return last.Command == r.opt.Command && last.Pass == r.job.Pass, nil
}

// forgetReadBack replaces the result of the import's read-back: it speaks of
// users that are not there any more.
func (r *run) forgetReadBack(ctx context.Context) error {
	total, err := r.Checkpoint.Count(ctx, checkpoint.Selection{})
	if err != nil {
		return err
	}
	data, err := json.Marshal(readBackPass{checkpoint.Reconciliation{Explained: total}, r.job.Pass})
	if err != nil {
		return err
	}
	return r.Checkpoint.Commit(ctx, checkpoint.SetNote{Name: checkpoint.NoteReconciliation, JSON: data}, checkpoint.PutDifferences{})
}

// backSubjects plans a hundred records at a time; who signed in since is looked
// up just before. again is what goesOnRollingBack says.
func (r *run) backSubjects(ctx context.Context, back RollbackOptions, again bool) iter.Seq2[*engine.Subject, error] {
	return func(yield func(*engine.Subject, error) bool) {
		for chunk, err := range chunks(r.Checkpoint.Records(ctx, written), maxFilterIDs) {
			if err != nil {
				yield(nil, err)
				return
			}
			ids := make([]string, 0, len(chunk))
			for i := range chunk {
				if chunk[i].Owner != checkpoint.Existed {
					ids = append(ids, chunk[i].KindeID)
				}
			}
			shown, err := r.usersByID(ctx, ids)
			if err != nil {
				yield(nil, err)
				return
			}
			steps, err := r.stepsOf(ctx, chunk)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, record := range chunk {
				if !yield(r.planBack(record, steps[record.ID], shown, back, again), nil) {
					return
				}
			}
		}
	}
}

func (r *run) usersByID(ctx context.Context, ids []string) (map[string]kinde.User, error) {
	shown := make(map[string]kinde.User, len(ids))
	if len(ids) == 0 {
		return shown, nil
	}
	for page, err := range r.tenant.GetUsersPages(ctx, kinde.GetUsersRequest{UserIDs: ids}) {
		if err != nil {
			return nil, fmt.Errorf("looking up who has signed in: %w", err)
		}
		for _, u := range page.Items {
			shown[u.ID] = u
		}
	}
	for _, id := range ids {
		if _, ok := shown[id]; ok {
			continue
		}
		// A filter may miss somebody. Nobody is deleted unseen.
		u, err := r.tenant.GetUserData(ctx, id)
		switch {
		case err == nil:
			shown[id] = u
		case kinde.ClassOf(err) != kinde.ClassNotFound:
			return nil, fmt.Errorf("looking up who has signed in: %w", err)
		}
	}
	return shown, nil
}

// planBack plans what is taken back for one record.
func (r *run) planBack(
	record checkpoint.Record,
	steps []checkpoint.Step,
	shown map[string]kinde.User,
	back RollbackOptions,
	again bool,
) *engine.Subject {
	s := &engine.Subject{Record: record}
	keep := func(why, hint string) *engine.Subject {
		outcome := record.Outcome
		if outcome == checkpoint.Created || outcome == checkpoint.Updated {
			outcome = checkpoint.Unchanged
		}
		return settleWith(
			s,
			outcome,
			mapping.Problem{Severity: mapping.Warning, Code: mapping.UserExists, Message: why, Hint: hint},
		)
	}
	if record.Owner == checkpoint.Existed {
		for _, step := range steps {
			s.Steps = append(s.Steps, r.restoreStep(step)...)
		}
		if len(s.Steps) == 0 {
			s.Settled = record.Outcome
			return s
		}
		s.Steps = append(s.Steps, &restoredStep{})
		return s
	}
	user, there := shown[record.KindeID]
	if there && (user.TotalSignIns > 0 || !user.LastSignedIn.IsZero()) && !back.Force {
		return keep("the user has signed in since, so it was kept", "Use --force to delete it anyway.")
	}
	if record.Owner == checkpoint.Adopted && !beyondDoubt(steps) && !back.Force {
		return keep("the user was recognised by its names and the time only, so it was kept", "Use --force to delete it anyway.")
	}
	if !there && !again {
		s.Problems = problemRows(&s.Record, []mapping.Problem{{Severity: mapping.Warning, Code: UserGone,
			Message: "the user was not in the tenant any more when the rollback looked"}}, true)
	}
	for _, step := range steps {
		if step.Kind == stepTwin {
			s.Steps = append(s.Steps, &deleteStep{target: r.tenant, id: step.Key, profile: back.Profile})
		}
	}
	s.Steps = append(s.Steps, &deleteStep{target: r.tenant, id: record.KindeID, profile: back.Profile, last: true})
	return s
}

// deleteStep deletes a user. Who is gone already is deleted.
type deleteStep struct {
	target  Target
	id      string
	profile bool
	last    bool // the record's own user
}

func (d *deleteStep) Info() engine.Info {
	return engine.Info{Kind: checkpoint.StepDelete, Key: d.id}
}

func (d *deleteStep) Do(ctx context.Context, s *engine.Subject) engine.Result {
	r := outcomeOf(ctx, deleteUser(ctx, d.target, d.id, d.profile))
	if r.State != "" {
		r.Next = engine.Stop
		return r
	}
	if d.last {
		s.Record.KindeID, s.Record.Owner, s.Record.Stage = "", checkpoint.NoOwner, checkpoint.Untouched
		r.Outcome, r.Forget = checkpoint.Deleted, true
	}
	return r
}

// before is the detail of a step that changed a user who existed.
type before struct {
	Before struct {
		GivenName        *string           `json:"given_name"`
		FamilyName       *string           `json:"family_name"`
		Picture          *string           `json:"picture"`
		ProvidedID       *string           `json:"provided_id"`
		Suspended        *bool             `json:"is_suspended"`
		Properties       map[string]string `json:"properties"`
		Member           *bool             `json:"member"`
		AddedRoles       []string          `json:"added_roles"`
		AddedPermissions []string          `json:"added_permissions"`
	} `json:"before"`
}

// restoreStep returns the steps that undo one step of a user who existed.
func (r *run) restoreStep(step checkpoint.Step) []engine.Step {
	switch step.State {
	case checkpoint.Done:
	case checkpoint.Intent, checkpoint.GaveUp: // no answer: it may have happened
	default:
		return nil
	}
	var was before
	if step.Detail != "" && json.Unmarshal([]byte(step.Detail), &was) != nil {
		was = before{}
	}
	b, t := was.Before, r.tenant
	undo := func(do func(context.Context, string) error) []engine.Step {
		return []engine.Step{
			&callStep{info: engine.Info{Kind: "restore", Key: step.Kind + " " + step.Key}, do: unlessGone(t, do)},
		}
	}
	switch step.Kind {
	case checkpoint.StepUpdate, checkpoint.StepSuspension:
		request := kinde.UpdateUserRequest{
			GivenName:   b.GivenName,
			FamilyName:  b.FamilyName,
			Picture:     b.Picture,
			ProvidedID:  b.ProvidedID,
			IsSuspended: b.Suspended,
		}
		if request == (kinde.UpdateUserRequest{}) {
			return nil
		}
		return []engine.Step{&profileBack{target: t, kind: step.Kind, request: request, rehearsed: r.dry != nil}}
	case checkpoint.StepProperties:
		if len(b.Properties) == 0 {
			return nil
		}
		return undo(func(ctx context.Context, id string) error { return t.UpdateUserProperties(ctx, id, b.Properties) })
	case checkpoint.StepMemberships:
		if b.Member != nil && !*b.Member {
			return undo(func(ctx context.Context, id string) error { return leave(ctx, t, step.Key, id) })
		}
		if len(b.AddedRoles)+len(b.AddedPermissions) > 0 {
			return undo(func(ctx context.Context, id string) error {
				return takeRoles(ctx, t, step.Key, id, wantedMember{step.Key, b.AddedRoles, b.AddedPermissions})
			})
		}
	case checkpoint.StepSocial, checkpoint.StepIdentities:
		if step.Key == "" {
			return nil
		}
		return undo(func(ctx context.Context, id string) error { return takeIdentity(ctx, t, id, step.Key) })
	case checkpoint.StepPassword, checkpoint.StepFlags, checkpoint.StepReset:
		return []engine.Step{&lostStep{what: step.Kind}}
	}
	return nil
}

// lostStep tells what can't be restored.
type lostStep struct{ what string }

func (l *lostStep) Info() engine.Info { return engine.Info{Kind: "lost", Key: l.what} }

func (l *lostStep) Do(context.Context, *engine.Subject) engine.Result {
	return engine.Omitted(engine.Problem{
		Warning: true,
		Code:    string(mapping.FieldDropped),
		Field:   l.what,
		Message: "the API does not show what was there before, so it stays as the import set it",
	})
}

// restoredStep ends the restoration of a user who existed.
type restoredStep struct{}

func (*restoredStep) Info() engine.Info { return engine.Info{Kind: "restored"} }

func (*restoredStep) Do(_ context.Context, s *engine.Subject) engine.Result {
	if s.Failed() {
		return engine.Result{Silent: true, Nothing: true} // what was there before is needed by the next try
	}
	s.Record.Stage = checkpoint.Untouched
	return engine.Result{Outcome: checkpoint.Skipped, Forget: true}
}

// dropDefinitions deletes what the import created for its users to refer to. What
// can't be deleted stays in the list, for the next rollback, and is said. As long
// as users stay who may refer to it, all of it does.
func (r *run) dropDefinitions(ctx context.Context, made []checkpoint.Definition) error {
	if len(made) == 0 {
		return nil
	}
	if err := r.Checkpoint.Flush(ctx); err != nil {
		return err
	}
	kept, err := r.Checkpoint.Count(
		ctx,
		checkpoint.Selection{
			Any:    true,
			Stage:  []checkpoint.Stage{checkpoint.Present},
			Owners: []checkpoint.Owner{checkpoint.Made, checkpoint.Adopted},
		},
	)
	if err != nil {
		return err
	}
	for _, d := range made {
		if kept > 0 {
			r.result.Left = append(r.result.Left, fmt.Sprintf("%s %s: users who stay may refer to it", d.Kind, d.Name))
			continue
		}
		if d.Kind == "category" {
			continue // the API has no operation that deletes one
		}
		err := dropDefinition(ctx, r.tenant, d)
		switch kinde.ClassOf(err) {
		case kinde.ClassNone:
			if err := r.Checkpoint.Commit(context.WithoutCancel(ctx), checkpoint.DropDefinition(d)); err != nil {
				return err
			}
		case kinde.ClassAuth, kinde.ClassUnreachable, kinde.ClassStopped:
			return fmt.Errorf("deleting the %s %s: %w", d.Kind, d.Name, err)
		default:
			r.result.Left = append(r.result.Left, fmt.Sprintf("%s %s: %v", d.Kind, d.Name, err))
		}
	}
	return nil
}
