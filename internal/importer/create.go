package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// createStep creates a user, exactly once. There is no idempotency key: after a
// create whose answer was lost the user is looked up, and it is ours only by
// the rule of settler.proves.
type createStep struct {
	p       *planner
	w       *wanted
	request kinde.CreateUserRequest
	intent  time.Time // by the server's clock
	earlier intended  // what creates of earlier runs asked for, whose outcome is not known
}

func (p *planner) createStep(w *wanted) *createStep {
	return &createStep{p: p, w: w, request: w.createRequest()}
}

func (c *createStep) Info() engine.Info {
	return engine.Info{Kind: checkpoint.StepCreate, Once: true, Urgent: false}
}

// Intent keeps when the create is meant, by the server's clock: ours may be set
// before the create is settled.
func (c *createStep) Intent(s *engine.Subject) string {
	c.earlier = intended{}
	if before := s.Before[engine.StepID{Kind: checkpoint.StepCreate}]; open(before.State) {
		c.intent, c.earlier = c.p.settle.intentOf(before), intendedOf(before) // the first one counts: what it made may show only now
	} else {
		c.intent = c.p.settle.clock()
	}
	meant := c.earlier.with(c.w)
	meant.Server = c.intent
	data, _ := json.Marshal(meant) // plain data never fails
	return string(data)
}

// open tells whether a create may have happened: no outcome of it is known.
func open(state checkpoint.StepState) bool {
	return state == checkpoint.Intent || state == checkpoint.GaveUp
}

// createTries is how often a create is begun anew after its answer was lost
// and the look-up showed nobody.
const createTries = 6

func (c *createStep) Do(ctx context.Context, s *engine.Subject) engine.Result {
	if before := s.Before[engine.StepID{Kind: checkpoint.StepCreate}]; open(before.State) {
		if c.outdated() {
			// Asked for what the source says now, the tenant would make a second user.
			if result, done := c.lookUp(ctx, s, c.intent); done {
				return result
			}
		}
		return c.do(ctx, s, c.intent, true)
	}
	if intent, doubted := c.p.settle.doubtOf(s.Record.ID); doubted {
		return c.do(ctx, s, intent, true)
	}
	return c.do(ctx, s, c.intent, false)
}

// outdated tells whether an earlier create asked for an address that the source
// does not say any more, or for none where it says some now.
func (c *createStep) outdated() bool {
	o := c.owner()
	return !c.earlier.Server.IsZero() && len(c.earlier.Identities) == 0 && len(o.addresses) > 0 ||
		slices.ContainsFunc(o.sent, func(a string) bool { return !slices.Contains(o.addresses, a) })
}

// asked are the identities that this create asks for, and those before it.
func (c *createStep) asked() []mapping.Identity {
	return slices.Concat(c.w.identities, c.earlier.identities())
}

// owner is what a user shows whom this create made, or one of those before it.
func (c *createStep) owner() ownership { return ownershipOf(c.w, c.earlier) }

func (c *createStep) do(ctx context.Context, s *engine.Subject, intent time.Time, doubt bool) engine.Result {
	for try := 1; ; try++ {
		answer, err := c.p.target.CreateUser(ctx, c.request)
		switch class := kinde.ClassOf(err); {
		case err == nil:
			return c.made(s, answer.ID, checkpoint.Made, "", took(&answer, len(c.request.Identities)))
		case refusedAsTaken(err):
			return c.taken(ctx, s, answer.ID, intent, doubt, err)
		case class == kinde.ClassInDoubt:
			doubt = true
			result, done := c.lookUp(ctx, s, intent)
			if done {
				return result
			}
			if try >= createTries {
				return engine.Result{
					State: checkpoint.GaveUp,
					Problem: engine.Problem{
						Code:    string(mapping.APIFailed),
						Message: fmt.Sprintf("no answer to %d creates; the last: %v", try, err),
						Hint:    "The next run looks the user up and tries again.",
					},
					Next: engine.Stop,
				}
			}
			if err := pause(ctx, try); err != nil {
				return engine.Fatal(err)
			}
		default:
			return endedBy(ctx, err)
		}
	}
}

// refusedAsTaken tells whether a refusal may mean that an identity is taken. Codes
// are not documented, so every 400, 409 and 422 is looked into; a 200 says so itself.
func refusedAsTaken(err error) bool {
	e := asKinde(err)
	return e != nil && e.Class == kinde.ClassFinal &&
		(e.Status == http.StatusOK || e.Status == http.StatusBadRequest || e.Status == http.StatusConflict ||
			e.Status == http.StatusUnprocessableEntity)
}

// pause waits before a create is begun anew, a little longer each time.
func pause(ctx context.Context, try int) error {
	most := min(500*time.Millisecond<<try, 15*time.Second)
	timer := time.NewTimer(most/2 + rand.N(most/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Settle finds out what became of a create whose outcome was never stored.
func (c *createStep) Settle(ctx context.Context, s *engine.Subject, intent checkpoint.Step) (engine.Result, bool) {
	c.earlier = intendedOf(intent)
	return c.lookUp(ctx, s, c.p.settle.intentOf(intent))
}

// lookUp asks who has the identities. done is false when it is certain enough
// that nobody has, so that the create may be begun anew.
func (c *createStep) lookUp(ctx context.Context, s *engine.Subject, intent time.Time) (engine.Result, bool) {
	asked := c.asked()
	if len(asked) == 0 || c.outdated() && len(c.earlier.Identities) == 0 {
		return c.wait(s, intent), true
	}
	found, err := c.p.settle.byIdentities(ctx, asked)
	if err != nil {
		return endedBy(ctx, err), true
	}
	if result, settled := c.whose(ctx, s, found, intent, true, nil); settled {
		return result, true
	}
	return engine.Result{}, false
}

// whose settles a create by the users that have its identities.
func (c *createStep) whose(
	ctx context.Context,
	s *engine.Subject,
	found []kinde.User,
	intent time.Time,
	doubt bool,
	refusal error,
) (engine.Result, bool) {
	for i := range found {
		seen, ours, err := c.p.settle.ours(ctx, &found[i], c.owner(), intent)
		if err != nil {
			return endedBy(ctx, err), true
		}
		if ours && (doubt || since(&found[i], intent)) {
			return c.made(s, found[i].ID, checkpoint.Adopted, seen.String(), false), true
		}
	}
	if found = holders(found, c.w.identities); len(found) > 0 {
		return c.foreign(s, found[0].ID, refusal), true
	}
	return engine.Result{}, false
}

// wait leaves a user that can't be looked up to the snapshot at the end of the run.
func (c *createStep) wait(s *engine.Subject, intent time.Time) engine.Result {
	c.p.settle.later(s.Record, c.owner(), intent)
	return engine.Result{State: checkpoint.Intent, Silent: true, Next: engine.Later}
}

// taken settles a create that was refused because somebody has an identity.
// Without an earlier create in doubt that somebody was there before, even with
// our id: another migration may have brought the user. Only a user that the
// tenant made since the intent can be ours, by an answer that was not true.
func (c *createStep) taken(
	ctx context.Context,
	s *engine.Subject,
	id string,
	intent time.Time,
	doubt bool,
	refusal error,
) engine.Result {
	if id != "" {
		user, err := c.p.target.GetUserData(ctx, id, kinde.ExpandIdentities)
		switch {
		case err == nil && strange(&user, addressesOf(c.w.identities)):
			// Not whom the answer is about: the look-up below tells.
		case err == nil:
			if seen, ours := c.p.settle.proves(&user, c.owner(), intent); ours && (doubt || since(&user, intent)) {
				return c.made(s, id, checkpoint.Adopted, seen.String(), false)
			}
			return c.foreign(s, id, refusal)
		case kinde.ClassOf(err) != kinde.ClassNotFound && kinde.ClassOf(err) != kinde.ClassFinal:
			return endedBy(ctx, err)
		}
	}
	if asked := c.asked(); len(asked) > 0 {
		found, err := c.p.settle.byIdentities(ctx, asked)
		if err != nil {
			return endedBy(ctx, err)
		}
		if result, settled := c.whose(ctx, s, found, intent, doubt, refusal); settled {
			return result
		}
	}
	if doubt {
		// Somebody has an identity and no filter shows the user: perhaps the filters
		// see primary addresses only, and it is the one we created.
		return c.wait(s, intent)
	}
	return c.refused(ctx, refusal)
}

// refused settles a create that was refused though nobody shows to have any of
// its identities. Nobody can say that the user exists.
func (c *createStep) refused(ctx context.Context, refusal error) engine.Result {
	r := engine.Refused(engine.Problem{
		Code:    string(mapping.APIRejected),
		Message: "the tenant says that the user exists, and shows nobody with one of the identities",
		Hint:    "Look for the user in Kinde, then run again with --retry-failed.",
	})
	if e := asKinde(refusal); e != nil && e.Status != http.StatusOK {
		r = outcomeOf(ctx, refusal)
	}
	if e := asKinde(refusal); errors.Is(refusal, kinde.ErrExists) && c.w.user.SourceID != "" &&
		strings.Contains(e.Code+" "+e.Message, "provided") {
		r.Code, r.Field, r.Hint = string(mapping.IdentityTaken), "id", IDTakenHint
	}
	r.Next = engine.Stop
	return r
}

// took tells whether an answer says of every identity that the tenant took it.
// One that speaks of none of them says nothing else than that of the user.
func took(answer *kinde.CreateUserResult, asked int) bool {
	return len(answer.Identities) == 0 || len(answer.Identities) >= asked &&
		!slices.ContainsFunc(answer.Identities, func(i kinde.CreatedIdentity) bool { return !i.Created })
}

// made notes that the user is in the tenant and ours. What createUser took
// along is stored with it; where that is not certain it is looked at.
func (c *createStep) made(s *engine.Subject, id string, owner checkpoint.Owner, detail string, whole bool) engine.Result {
	s.Record.KindeID, s.Record.Owner, s.Record.Stage = id, owner, checkpoint.Present
	s.CreatedNow = true
	c.p.settle.created(s.Record.ID, c.p.opt.Now(), c.w.suspended)
	r := engine.Result{Detail: detail, Also: []checkpoint.Step{
		{Kind: checkpoint.StepUpdate, State: checkpoint.Done, Units: 1, Digest: c.p.digest(checkpoint.StepUpdate, profileOf(c.w)),
			Detail: withSet("", sortedKeys(profileFields(c.w)))},
	}}
	switch {
	case len(c.asked()) == 0:
	case !whole:
		// Until somebody has looked, what was asked for may be in place, kept by a run that is cut off too.
		r.Also = append(r.Also, checkpoint.Step{Kind: stepAsked, State: checkpoint.Done, Units: 1, Detail: keyList(addressesOf(c.asked()))})
		c.lookLater(s)
	default:
		r.Also = append(
			r.Also,
			checkpoint.Step{
				Kind:   checkpoint.StepIdentities,
				State:  checkpoint.Done,
				Units:  len(c.w.identities),
				Detail: identityList(c.w.identities),
			},
		)
	}
	return r
}

// foreign settles a record whose identity belongs to somebody else.
func (c *createStep) foreign(s *engine.Subject, id string, refusal error) engine.Result {
	s.Record.Stage = checkpoint.Untouched
	s.Record.KindeID, s.Record.Owner = id, checkpoint.Existed
	c.p.leavePassword(s, c.w, nil)
	message := "somebody in the tenant has this identity, and no run of this checkpoint created that user"
	if refusal != nil {
		message = fmt.Sprintf("%s (%v)", message, refusal)
	}
	return c.p.existsResult(message)
}

// existsResult is the verdict over a record whose user was there before us.
func (p *planner) existsResult(message string) engine.Result {
	r := engine.Result{
		State: checkpoint.Omitted,
		Problem: engine.Problem{
			Code:    string(mapping.UserExists),
			Message: message,
			Warning: true,
			Hint:    "Use --on-existing update to bring the user up to date.",
		},
		Outcome: checkpoint.Skipped,
		Next:    engine.Stop,
	}
	switch p.opt.OnExisting {
	case Fail:
		r.Outcome, r.Warning, r.Hint = checkpoint.Rejected, false, "Use --on-existing skip or update."
	case Update:
		r.Hint = "If it is the same person, let them verify the address in Kinde, then run again."
	}
	return r
}
