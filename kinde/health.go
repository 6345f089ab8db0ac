package kinde

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// health knows how long the tenant has been silent. It counts from a moment of
// the monotonic clock, which jumps of the wall clock don't move.
type health struct {
	born      atomic.Pointer[time.Time] // of the first attempt
	lastAlive atomic.Int64              // nanoseconds since born, 0 before the first sign of life
	lastProbe atomic.Int64
}

func (h *health) begin() {
	if h.born.Load() == nil {
		now := time.Now()
		h.born.CompareAndSwap(nil, &now)
	}
}

func (h *health) age(t time.Time) time.Duration { return max(t.Sub(*h.born.Load()), 1) }

func (h *health) alive() { h.lastAlive.Store(int64(h.age(time.Now()))) }

func (h *health) aliveSince(t time.Time) bool {
	last := h.lastAlive.Load()
	return last != 0 && last > int64(h.age(t))
}

func (h *health) silent() time.Duration {
	return h.age(time.Now()) - time.Duration(h.lastAlive.Load())
}

// left is how long the tenant has been silent, and how much longer it is waited for.
func (h *health) left(atStart, later time.Duration) (silent, left time.Duration) {
	silent = h.silent()
	if h.lastAlive.Load() == 0 {
		return silent, atStart - silent
	}
	return silent, later - silent
}

// mayProbe lets one probe through every five seconds.
func (h *health) mayProbe() bool {
	now, last := int64(h.age(time.Now())), h.lastProbe.Load()
	return (last == 0 || now-last > int64(5*time.Second)) && h.lastProbe.CompareAndSwap(last, now)
}

// refusals remembers the first token that was refused since one was last
// accepted. The refusal of another one, which was issued since, is the second;
// the late refusal of an older one says nothing new.
type refusals struct {
	any   atomic.Bool
	mu    sync.Mutex
	first string
	past  []string // tokens that were refused, the newest last
}

// pastRefusals bounds the tokens that are remembered.
const pastRefusals = 8

func (r *refusals) add(token string) (second bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.Contains(r.past, token) {
		return false
	}
	if r.past = append(r.past, token); len(r.past) > pastRefusals {
		r.past = r.past[1:]
	}
	if r.first == "" {
		r.first = token
		r.any.Store(true)
	}
	return r.first != token
}

func (r *refusals) clear() {
	if r.any.Load() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.first = ""
		r.any.Store(false)
	}
}
