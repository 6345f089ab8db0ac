package pace

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// simulation runs a policy against tenants as discrete events: no goroutines,
// no clock. It does what line and permit do around a policy. Several clients
// may share one tenant.
type simulation struct {
	tenant  *tenant
	clients []*client
	live    *live
	until   time.Duration // the end, whatever is left to do; 0: none

	born  time.Time
	now   time.Duration
	queue events
	seq   int
}

// client is one process: its workers, its gate, what became of its requests.
type client struct {
	policy  policy
	headers kinde.RateHeaders
	workers int
	total   int
	begin   time.Duration

	todo, taken, flying int
	holds               backOff
	held                time.Duration
	wake                time.Duration // when the line's timer rings; 0: not set
	result
}

// live is the application that shares the tenant's limit: requests at random
// times, of which none is tried again.
type live struct {
	rate          func(at time.Duration) float64
	rng           *rand.Rand
	next          time.Duration
	sent, refused int
	granted       []time.Duration
}

type event struct {
	at     time.Duration
	seq    int
	client *client
	flight *flight // nil: the timer of a line
	step   step
	ends   time.Duration // of the request
	status int
	wait   time.Duration
}

type step int

const (
	stepBegin step = iota
	stepTimer
	stepArrive
	stepAnswer
)

type events []*event

func (q events) Len() int { return len(q) }
func (q events) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].seq < q[j].seq
}
func (q events) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *events) Push(x any)   { *q = append(*q, x.(*event)) }
func (q *events) Pop() any {
	old := *q
	e := old[len(old)-1]
	*q = old[:len(old)-1]
	return e
}

func (s *simulation) push(e *event) {
	s.seq++
	e.seq = s.seq
	heap.Push(&s.queue, e)
}

func (s *simulation) time(at time.Duration) time.Time { return s.born.Add(at) }

func (s *simulation) run() {
	s.born = time.Unix(1_000_000_000, 0)
	s.tenant.born = s.born
	for _, c := range s.clients {
		c.todo = c.total
		s.push(&event{at: c.begin, client: c, step: stepBegin})
	}
	for s.queue.Len() > 0 {
		e := heap.Pop(&s.queue).(*event)
		s.now = e.at
		if s.until > 0 && s.now > s.until {
			break
		}
		switch e.step {
		case stepTimer:
			if e.client.wake != e.at {
				continue // an earlier setting
			}
			e.client.wake = 0
		case stepArrive:
			s.arrive(e)
			continue
		case stepAnswer:
			s.answer(e)
		}
		s.pump(e.client)
	}
	for _, c := range s.clients {
		c.allowed = min(s.tenant.allowed(c.first, c.last), s.tenant.able(c.workers)*(c.last-c.first).Seconds())
		if s.live != nil {
			for _, at := range s.live.granted {
				if at >= c.first && at <= c.last {
					c.allowed--
				}
			}
		}
	}
}

// pump lets in whoever may go.
func (s *simulation) pump(c *client) {
	for min(c.workers-c.taken, c.todo) > 0 && c.taken < c.policy.slots() {
		if s.now < c.held {
			s.ring(c, c.held)
			return
		}
		now := s.time(s.now)
		ok, wait := c.policy.take(now)
		if !ok {
			s.ring(c, s.now+wait)
			return
		}
		c.taken++
		c.todo--
		c.flying++
		f := &flight{granted: now, started: now, among: c.flying}
		c.policy.sent(now, f)
		c.requests++
		c.starts = append(c.starts, s.now)
		if s.now < c.held {
			c.early++
		}
		latency := s.tenant.latency(s.tenant.rng)
		e := &event{at: s.now + time.Duration(float64(latency)*s.tenant.before), client: c, flight: f, step: stepArrive, ends: s.now + latency}
		if s.tenant.before == 0 {
			s.arrive(e)
		} else {
			s.push(e)
		}
	}
}

func (s *simulation) ring(c *client, at time.Duration) {
	if c.wake != 0 && at >= c.wake {
		return
	}
	c.wake = at
	s.push(&event{at: at, client: c, step: stepTimer})
}

func (s *simulation) arrive(e *event) {
	s.live.advance(s.tenant, s.now)
	e.status, e.wait = s.tenant.decide(s.now)
	e.step, e.at = stepAnswer, e.ends
	s.push(e)
}

func (s *simulation) answer(e *event) {
	c, now := e.client, s.time(s.now)
	if e.status != http.StatusTooManyRequests {
		s.tenant.leave()
	}
	if s.tenant.tells != nil {
		if q, ok := c.headers.Quota(s.tenant.tells(s.now), now); ok {
			c.policy.told(now, q)
		}
	}
	switch e.status {
	case http.StatusTooManyRequests:
		c.throttled++
		header := s.tenant.headerAt(e.wait, now)
		asked, found := c.headers.HoldFor(header, now)
		until := s.now + c.holds.hold(now, e.flight, asked, found)
		c.held = max(c.held, until)
		c.policy.refused(e.flight, now, s.time(until), asked)
		c.todo++
	case http.StatusOK:
		start := e.flight.started.Sub(s.born)
		c.successes++
		if c.successes == 1 || start < c.first {
			c.first = start
		}
		c.last = max(c.last, start)
		c.granted = append(c.granted, start)
	default:
		c.todo++
	}
	c.holds.answered(e.flight, e.status)
	c.policy.answered(now, e.flight, e.status)
	c.taken--
	c.flying--
}

func (l *live) advance(t *tenant, now time.Duration) {
	if l == nil {
		return
	}
	for l.next <= now {
		if l.next > 0 {
			l.sent++
			if t.admits(l.next) > 0 {
				l.refused++
			} else {
				t.commit(l.next)
				t.leave()
				l.granted = append(l.granted, l.next)
			}
		}
		gap := l.rng.ExpFloat64() / l.rate(l.next)
		l.next += max(time.Duration(gap*float64(time.Second)), 1)
	}
}

// able is how many requests a second so many workers can have answered.
func (t *tenant) able(workers int) float64 {
	if t.mean == 0 {
		return math.Inf(1)
	}
	for _, l := range t.limits {
		if c, ok := l.(*crowd); ok {
			workers = min(workers, c.most)
		}
	}
	return float64(workers) / t.mean.Seconds()
}
