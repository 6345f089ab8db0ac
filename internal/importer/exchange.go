package importer

import (
	"context"
	"fmt"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Identities move between people: two swap their addresses, somebody gets the
// number of a colleague who left, a login is linked to another account. An
// identity is unique in a tenant, so whoever has it must give it up before the
// other can take it, and nobody may be left without one meanwhile.
//
// The exchange runs before all other changes, one person after the other. Who
// gives something up first takes what is to replace it; what closes a circle
// parks somebody: a further address at a domain that does not exist stands in,
// until their record is worked on and their own is in place. Nobody gives up the
// last identity that the source still names, so an address that the tenant refuses
// stops the chain behind it, and those records fail. Each step is kept as any other, so that a run which
// was killed goes on with the same plan.
//
// Only an identity that the job brought, and that its holder is to lose (by
// --mirror, or because they left the source and --gone says what becomes of
// them), ever moves.

// exchange does what must be done before the records can be brought up to date
// each for itself.
func (r *run) exchange(ctx context.Context) error {
	if !r.opt.Mirror && r.opt.Gone == KeepGone || r.job.Source < 2 && r.job.Pass < 2 && !r.job.Resumed {
		return nil
	}
	x := &exchange{run: r, movers: map[int64]*mover{}, holders: map[engine.StepID]int64{}}
	r.planner.refused = map[claimed]engine.Result{}
	if err := x.gather(ctx); err != nil || len(x.order) == 0 {
		return err
	}
	if err := x.findHolders(ctx); err != nil {
		return err
	}
	r.meter.Begin("exchanging identities", int64(len(x.order)))
	for _, id := range x.order {
		if r.job.Draining() {
			return nil
		}
		if err := x.bring(ctx, x.movers[id]); err != nil {
			return err
		}
	}
	return r.Checkpoint.Flush(ctx)
}

type exchange struct {
	*run
	movers  map[int64]*mover        // by record
	order   []int64                 // records that take something, in the order of the source
	holders map[engine.StepID]int64 // the record that has an identity now
}

// mover is somebody who takes identities, gives them up, or both.
type mover struct {
	record checkpoint.Record
	before map[engine.StepID]checkpoint.Step
	wants  *wanted // nil: left the source
	takes  []*identityStep
	gives  map[engine.StepID]bool

	begun, done bool
}

func stepOf(s engine.Step) engine.StepID {
	return engine.StepID{Kind: s.Info().Kind, Key: s.Info().Key}
}

// gather finds the users of ours who are to get an identity that they lack.
func (x *exchange) gather(ctx context.Context) error {
	where := checkpoint.Selection{
		Outcomes: []checkpoint.Outcome{checkpoint.Pending},
		Stage:    []checkpoint.Stage{checkpoint.Present},
		Owners:   []checkpoint.Owner{checkpoint.Made, checkpoint.Adopted},
	}
	for chunk, err := range chunks(x.Checkpoint.Records(ctx, where), 250) {
		if err != nil {
			return err
		}
		some, err := x.load(ctx, chunk)
		if err != nil {
			return err
		}
		for _, m := range some {
			if len(m.takes) > 0 {
				x.movers[m.record.ID] = m
				x.order = append(x.order, m.record.ID)
			}
		}
	}
	return nil
}

// load plans the identities of records of the source.
func (x *exchange) load(ctx context.Context, records []checkpoint.Record) (movers []*mover, err error) {
	before, err := x.stepsOf(ctx, records)
	if err != nil {
		return nil, err
	}
	for record, item := range x.items(ctx, records) {
		if item.User == nil {
			return nil, unreadable(record, item)
		}
		w := x.planner.resolve(cloneUser(item.User))
		s := x.planner.begin(*record, w, before[record.ID])
		m := &mover{record: *record, before: s.Before, wants: w, gives: map[engine.StepID]bool{}}
		if s.Settled == "" {
			known := x.planner.knownFrom(s)
			x.planner.addIdentities(s, w, known)
			x.planner.addLinks(s, w, known)
		}
		for _, step := range s.Steps {
			if take, ok := step.(*identityStep); ok {
				m.takes = append(m.takes, take)
			}
		}
		if x.opt.Mirror {
			for _, id := range x.planner.dropped(s, w) {
				m.gives[id] = id.Kind != checkpoint.StepMemberships
			}
		}
		movers = append(movers, m)
	}
	return movers, nil
}

// findHolders finds out who of ours has what others are to take: by the
// checkpoint, since a tenant's filter may know the primary identities alone, and
// by the tenant, since people change there too.
func (x *exchange) findHolders(ctx context.Context) error {
	var look []mapping.Identity
	wanted := map[engine.StepID]bool{}
	for _, id := range x.order {
		for _, take := range x.movers[id].takes {
			wanted[stepOf(take)] = true
			if take.kind != checkpoint.StepSocial {
				look = append(look, mapping.Identity{Type: mapping.IdentityType(take.request.Type), Value: take.request.Value})
			}
		}
	}
	err := x.Checkpoint.Holdings(ctx, func(h checkpoint.Holding) {
		if id := (engine.StepID{Kind: h.Kind, Key: h.Key}); wanted[id] {
			x.holders[id] = h.Record
		}
	})
	if err != nil || len(look) == 0 {
		return err
	}
	users, err := x.planner.settle.byIdentities(ctx, look)
	if err != nil {
		return err
	}
	ids := make([]string, len(users))
	for i := range users {
		ids[i] = users[i].ID
	}
	records, err := x.Checkpoint.RecordsByKindeID(ctx, ids)
	if err != nil {
		return err
	}
	for i := range users {
		for _, shown := range shownIdentities(&users[i]) {
			id := identityID(shown.Kind, shown.Value)
			if record, ours := records[users[i].ID]; ours && wanted[id] {
				x.holders[id] = record.ID
			}
		}
	}
	return nil
}

// holder returns who has an identity, if they are to lose it; nil if they are not.
func (x *exchange) holder(ctx context.Context, id engine.StepID, taker *mover) (*mover, error) {
	record, ok := x.holders[id]
	if !ok || record == taker.record.ID {
		return nil, nil
	}
	m := x.movers[record]
	if m == nil {
		row, ok, err := x.Checkpoint.RecordByID(ctx, record)
		if err != nil || !ok || row.Stage != checkpoint.Present || row.File == checkpoint.Elsewhere ||
			row.Owner != checkpoint.Made && row.Owner != checkpoint.Adopted {
			return nil, err
		}
		if row.Seen < x.job.Source {
			steps, err := x.stepsOf(ctx, []checkpoint.Record{row})
			if err != nil {
				return nil, err
			}
			m = &mover{record: row, before: map[engine.StepID]checkpoint.Step{}, gives: map[engine.StepID]bool{}}
			for _, b := range steps[row.ID] {
				m.before[engine.StepID{Kind: b.Kind, Key: b.Key}] = b
			}
		} else {
			some, err := x.load(ctx, []checkpoint.Record{row})
			if err != nil || len(some) == 0 {
				return nil, err
			}
			m = some[0]
		}
		x.movers[record] = m
	}
	if m.wants != nil && !m.gives[id] {
		return nil, nil
	}
	return m, nil
}

// bring gives somebody what the source says, as far as others have to give it
// up or they themselves have to give something up for it.
func (x *exchange) bring(ctx context.Context, m *mover) error {
	if m.begun {
		return nil
	}
	m.begun = true
	defer func() { m.done = true }()
	var held []*identityStep
	var holders []*mover
	for _, take := range m.takes {
		from, err := x.holder(ctx, stepOf(take), m)
		switch {
		case err != nil:
			return err
		case from != nil:
			held, holders = append(held, take), append(holders, from)
		case x.contested(m):
			if _, err := x.take(ctx, m, take); err != nil {
				return err
			}
		}
	}
	for i, take := range held {
		if err := x.passOn(ctx, holders[i], m, take); err != nil {
			return err
		}
	}
	return nil
}

// passOn moves an identity. Where that can't be done now, the tenant refuses it
// when the record is worked on, and the record says so.
func (x *exchange) passOn(ctx context.Context, from, to *mover, take *identityStep) error {
	if err := x.bring(ctx, from); err != nil {
		return err
	}
	freed, err := x.free(ctx, from, stepOf(take))
	if err != nil || !freed {
		return err
	}
	taken, err := x.take(ctx, to, take)
	if err != nil || taken || from.wants == nil {
		return err
	}
	return x.giveBack(ctx, from, take)
}

// contested tells whether somebody is to take what this one has.
func (x *exchange) contested(m *mover) bool {
	for id, record := range x.holders {
		if record == m.record.ID && m.gives[id] {
			return true
		}
	}
	return false
}

// take adds an identity, and tells whether it is in place.
func (x *exchange) take(ctx context.Context, m *mover, step *identityStep) (bool, error) {
	result, err := x.part(ctx, m, step)
	if err != nil || result.State != "" {
		if result.State == checkpoint.Refused && result.Code != string(mapping.IdentityTaken) {
			result.Next = engine.Continue
			x.planner.refused[claimed{m.record.ID, stepOf(step)}] = result
		}
		return false, err
	}
	x.holders[stepOf(step)] = m.record.ID
	return true, nil
}

// giveBack returns what somebody gave up for nothing.
func (x *exchange) giveBack(ctx context.Context, m *mover, taken *identityStep) error {
	_, err := x.take(ctx, m, &identityStep{p: x.planner, kind: taken.kind, key: taken.key, request: taken.request, units: 1})
	return err
}

// part does one step of somebody who is worked on later. In the middle of an
// exchange nothing stops it but the end of the process.
func (x *exchange) part(ctx context.Context, m *mover, step engine.Step) (engine.Result, error) {
	once := &part{Step: step}
	_, once.whole = step.(*goneStep)
	s := &engine.Subject{Record: m.record, Before: m.before, Steps: []engine.Step{once}}
	err := x.engine.Do(ctx, s)
	m.record = s.Record
	x.planner.cutOff = x.planner.cutOff || once.result.State == checkpoint.GaveUp
	return once.result, err
}

// part is a step whose result is looked at by who asked for it.
type part struct {
	engine.Step
	whole  bool // all that is to be done for the record
	result engine.Result
}

func (c *part) Info() engine.Info {
	info := c.Step.Info()
	info.Urgent = true
	info.Once = info.Kind == checkpoint.StepParked // known before it is made, so that it is taken away after a crash
	return info
}

func (c *part) Do(ctx context.Context, s *engine.Subject) engine.Result {
	c.result = c.Step.Do(ctx, s)
	if !c.whole {
		c.result.Next = engine.Later
	}
	return c.result
}

// free takes an identity from its holder, who keeps another one. It tells
// whether it is free.
func (x *exchange) free(ctx context.Context, m *mover, id engine.StepID) (bool, error) {
	if m.record.Stage != checkpoint.Present {
		return true, nil // deleted, with all that they had
	}
	if m.wants == nil && x.opt.Gone == DeleteGone {
		gone := &goneStep{target: x.tenant, what: DeleteGone, was: m.record.Outcome}
		result, err := x.part(ctx, m, gone)
		return result.State == "", err
	}
	left, mine, err := x.left(ctx, m, id)
	gone, err := kinde.Gone(ctx, x.tenant, m.record.KindeID, err)
	if err != nil {
		// Theirs stays with them, and who was to take it says so; only the end of the run ends the exchange.
		r := outcomeOf(ctx, err)
		x.planner.cutOff = x.planner.cutOff || r.State == checkpoint.GaveUp
		return false, r.Err
	}
	if gone {
		return true, nil // deleted in the tenant
	}
	if m.done && m.wants != nil && !mine {
		return false, nil // what was to replace it is not in place
	}
	if left == 0 {
		if result, err := x.part(ctx, m, parkStep(x.planner, m.record.ID)); err != nil || result.State != "" {
			return false, err
		}
	}
	result, err := x.part(ctx, m, &removeStep{p: x.planner, id: id})
	if err != nil || result.State != "" {
		return false, err
	}
	delete(x.holders, id)
	return true, nil
}

// left counts the identities that somebody has beside one, and tells whether the
// source names one of them.
func (x *exchange) left(ctx context.Context, m *mover, but engine.StepID) (n int, mine bool, err error) {
	var wanted []string
	if m.wants != nil {
		for _, i := range m.wants.identities {
			wanted = append(wanted, identityID(string(i.Type), i.Value).Key)
		}
		for _, l := range m.wants.links {
			wanted = append(wanted, l.key())
		}
	}
	for i, err := range x.tenant.GetUserIdentities(ctx, m.record.KindeID) {
		if err != nil {
			return 0, false, fmt.Errorf("looking at the identities of a user: %w", err)
		}
		if answersTo(i, but.Key) {
			continue
		}
		n++
		mine = mine || slices.ContainsFunc(wanted, func(key string) bool { return answersTo(i, key) })
	}
	return n, mine, nil
}
