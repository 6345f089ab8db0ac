package importer

import (
	"context"
	"sync"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// members gathers memberships across users and writes them a hundred at a time.
type members struct {
	p *planner

	mu     sync.Mutex
	queues map[queueKey][]*membership
	total  int
}

// queueKey names a queue. Who joins and who is a member already go by different
// operations, so they wait apart.
type queueKey struct {
	code   string
	joined bool
}

// membership is one user's place in one organization, waiting to be written.
type membership struct {
	subject *engine.Subject
	id      string // Kinde's id
	want    wantedMember
	steps   []engine.Info // memberships, roles, permissions: what its answer settles
	detail  string        // what was there before, for a rollback
}

// maxWaiting bounds the memberships in memory. Beyond it the longest queue is
// written although it is not full.
const maxWaiting = 100_000

// add queues a membership and returns a full batch, if there is one now.
func (b *members) add(x *membership, joined bool) ([]*membership, queueKey) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := queueKey{x.want.code, joined}
	b.queues[key] = append(b.queues[key], x)
	b.total++
	if len(b.queues[key]) < kinde.MaxBulkUsers {
		if b.total <= maxWaiting {
			return nil, key
		}
		for k, q := range b.queues {
			if len(q) > len(b.queues[key]) {
				key = k
			}
		}
	}
	full := b.queues[key]
	delete(b.queues, key)
	b.total -= len(full)
	return full, key
}

// take removes the longest queue and returns it; of equal ones the first by name.
func (b *members) take() (queueKey, []*membership) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var longest queueKey
	for key, q := range b.queues {
		n := len(q) - len(b.queues[longest])
		if n > 0 || n == 0 && (key.code < longest.code || key.code == longest.code && !key.joined) {
			longest = key
		}
	}
	batch := b.queues[longest]
	delete(b.queues, longest)
	b.total -= len(batch)
	return longest, batch
}

// flush writes everything that waits. When the run is draining it writes no
// more than a few requests' worth and leaves the rest to the next run.
func (b *members) flush(ctx context.Context) error {
	for n := 0; ; n++ {
		key, batch := b.take()
		if len(batch) == 0 {
			return nil
		}
		if n >= drainAtMost && b.p.engine.Draining() {
			for _, x := range batch {
				if err := b.p.engine.Finish(ctx, x.subject, x.steps[0], engine.Result{State: checkpoint.Omitted, Next: engine.Later}); err != nil {
					return err
				}
			}
			continue
		}
		if err := b.write(ctx, key, batch); err != nil {
			return err
		}
	}
}

// drainAtMost is how many requests for memberships are made after the first
// Ctrl-C: enough for most tenants, and a matter of seconds.
const drainAtMost = 40

// Half-full batches are written now and then, so that users of small
// organizations are settled before the end. It happens after so many users, not
// after some time: then the number of requests is the same in each run of the
// same source, and a dry run can tell it.
const (
	settleEvery  = 2000 // users between two of these
	settleAtMost = settleEvery / 100
)

// writeLongest writes the longest queues, for one request per hundred users at most.
func (b *members) writeLongest(ctx context.Context) error {
	for range settleAtMost {
		key, batch := b.take()
		if len(batch) == 0 {
			return nil
		}
		if err := b.write(ctx, key, batch); err != nil {
			return err
		}
	}
	return nil
}
