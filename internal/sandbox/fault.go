package sandbox

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is one rule of what goes wrong: which requests, which of them, what.
type Fault struct {
	// Which requests: Kinde's operation ids, the method, the path (with * for
	// any run of characters). What is empty matches everything.
	Operations []string
	Method     string
	Path       string

	// Which of those, counted from 1 in order of arrival. Without any of them,
	// all.
	Every       int
	Nth         []int
	Probability float64 // 0 to 1, drawn from the seed
	AfterCount  int     // not before so many have passed
	UntilCount  int     // not behind so many
	After       time.Duration
	Until       time.Duration // since the tenant's start
	Limit       int           // at most so many times
	Seed        uint64

	Kind     string
	Status   int           // of kind status
	Duration time.Duration // of hang, delay and throttle
	// Acted: the tenant did what was asked before it went wrong. Set by the
	// kinds whose name says so; for status, html and hang a choice.
	Acted bool
}

// The kinds of faults.
const (
	FaultStatus       = "status"            // answers Status, 500 by default
	FaultHTML         = "html"              // a proxy's page, 502 unless Status says otherwise
	FaultResetBefore  = "reset-before"      // connection reset, nothing done
	FaultResetAfter   = "reset-after"       // connection reset, everything done
	FaultCutBody      = "cut-body"          // done, half of the answer
	FaultEmptyBody    = "empty-body"        // done, no body
	FaultHang         = "hang"              // waits Duration (0: until the caller gives up), then goes on
	FaultDelay        = "delay"             // waits Duration, then goes on
	FaultThrottle     = "throttle"          // 429 for Duration, a second by default
	FaultTokenExpired = "token-expired"     // 401
	FaultRevokeToken  = "revoke-token"      // every token so far is invalid from here on
	FaultCreatedFalse = "created-false-lie" // created, but the answer says created:false
)

var faultKinds = []string{FaultStatus, FaultHTML, FaultResetBefore, FaultResetAfter, FaultCutBody, FaultEmptyBody, FaultHang, FaultDelay,
	FaultThrottle, FaultTokenExpired, FaultRevokeToken, FaultCreatedFalse}

type rule struct {
	Fault
	seen, hits int
}

type faultEngine struct {
	mu    sync.Mutex
	start time.Time
	rules []*rule
}

func newFaultEngine(faults []Fault) (*faultEngine, error) {
	e := &faultEngine{start: time.Now()}
	for n, f := range faults {
		if err := f.check(); err != nil {
			return nil, fmt.Errorf("fault %d: %w", n+1, err)
		}
		e.rules = append(e.rules, &rule{Fault: f})
	}
	return e, nil
}

func (f Fault) check() error {
	if !slices.Contains(faultKinds, f.Kind) {
		return fmt.Errorf("kind %q is none of %s", f.Kind, strings.Join(faultKinds, ", "))
	}
	if f.Probability < 0 || f.Probability > 1 {
		return errors.New("probability is a number from 0 to 1")
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return errors.New("status is a number from 200 to 599")
	}
	if f.Every < 0 || f.AfterCount < 0 || f.UntilCount < 0 || f.Limit < 0 || f.After < 0 || f.Until < 0 || f.Duration < 0 {
		return errors.New("a number is negative")
	}
	for _, name := range f.Operations {
		if !knownOperation(name) {
			return fmt.Errorf("operation %q is not one of the sandbox's", name)
		}
	}
	return nil
}

func knownOperation(name string) bool {
	return slices.ContainsFunc(routes(), func(r route) bool { return strings.EqualFold(r.operation, name) })
}

// plan decides what goes wrong with a request. Each rule counts the requests
// that it matches, so the same order of requests has the same faults.
func (e *faultEngine) plan(c *call, now time.Time) []*rule {
	if len(e.rules) == 0 {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []*rule
	for n, r := range e.rules {
		if !r.matches(c) {
			continue
		}
		r.seen++
		if r.chosen(uint64(n), now.Sub(e.start)) {
			r.hits++
			out = append(out, r)
		}
	}
	return out
}

func (f *Fault) matches(c *call) bool {
	if f.Method != "" && !strings.EqualFold(f.Method, c.Method) {
		return false
	}
	if f.Path != "" && !glob(f.Path, c.URL.Path) {
		return false
	}
	return len(f.Operations) == 0 || slices.ContainsFunc(f.Operations, func(s string) bool { return strings.EqualFold(s, c.route.operation) })
}

// glob matches a path with * for any run of characters.
func glob(pattern, path string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == path
	}
	if !strings.HasPrefix(path, parts[0]) {
		return false
	}
	path = path[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, p := range parts[1 : len(parts)-1] {
		at := strings.Index(path, p)
		if at < 0 {
			return false
		}
		path = path[at+len(p):]
	}
	return strings.HasSuffix(path, last)
}

func (r *rule) chosen(index uint64, since time.Duration) bool {
	switch {
	case r.Limit > 0 && r.hits >= r.Limit,
		since < r.After, r.Until > 0 && since >= r.Until,
		r.seen <= r.AfterCount, r.UntilCount > 0 && r.seen > r.UntilCount,
		r.Every > 0 && (r.seen-r.AfterCount)%r.Every != 0,
		len(r.Nth) > 0 && !slices.Contains(r.Nth, r.seen):
		return false
	}
	return r.Probability == 0 || draw(r.Seed, index, uint64(r.seen)) < r.Probability
}

// draw is a number from 0 to 1 that depends on nothing but its arguments.
func draw(numbers ...uint64) float64 {
	h := fnv.New64a()
	for _, n := range numbers {
		fmt.Fprintf(h, "%d ", n)
	}
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}

// before plays what happens instead of the operation. done tells that the
// request is over.
func (t *Tenant) before(w http.ResponseWriter, c *call, plan []*rule) (status int, done bool) {
	for _, r := range plan {
		t.stats.fault()
		if r.Acted {
			continue
		}
		switch r.Kind {
		case FaultResetBefore:
			return reset(w), true
		case FaultStatus:
			return t.write(w, r.failure()), true
		case FaultHTML:
			return t.page(w, r), true
		case FaultThrottle:
			return t.refuse(w, or(r.Duration, time.Second)), true
		case FaultDelay, FaultHang:
			if !t.hang(c, r) {
				return reset(w), true
			}
		}
	}
	return 0, false
}

// after plays what happens to the answer of an operation that was done.
func (t *Tenant) after(w http.ResponseWriter, c *call, plan []*rule, answer response) int {
	cut := false
	for _, r := range plan {
		switch r.Kind {
		case FaultResetAfter:
			return reset(w)
		case FaultEmptyBody:
			answer.body = nil
		case FaultCutBody:
			cut = true
		case FaultCreatedFalse:
			if made, ok := answer.body.(createUserAnswer); ok {
				made.Created = false
				for i := range made.Identities {
					made.Identities[i].Result.Created = false
				}
				answer.body = made
			}
		}
		if !r.Acted {
			continue
		}
		switch r.Kind {
		case FaultStatus:
			return t.write(w, r.failure())
		case FaultHTML:
			return t.page(w, r)
		case FaultHang, FaultDelay:
			if !t.hang(c, r) {
				return reset(w)
			}
		}
	}
	if raw := t.encode(answer); cut && len(raw) > 1 {
		return truncate(w, answer, raw)
	}
	return t.write(w, answer)
}

func (f *Fault) failure() response {
	status := or(f.Status, http.StatusInternalServerError)
	return failure(status, strings.ToUpper(strings.ReplaceAll(http.StatusText(status), " ", "_")), "The sandbox was told to fail here.")
}

// hang waits; false tells that the caller went away.
func (t *Tenant) hang(c *call, r *rule) bool {
	if r.Duration == 0 {
		<-c.Context().Done()
		return false
	}
	return t.pause(c.Context(), r.Duration)
}

const proxyPage = "<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r\n<center><h1>%d %s</h1></center>\r\n<hr><center>proxy</center>\r\n</body>\r\n</html>\r\n"

// page is what a proxy in front of an API answers for it.
func (t *Tenant) page(w http.ResponseWriter, r *rule) int {
	status := or(r.Status, http.StatusBadGateway)
	text := fmt.Sprintf(proxyPage, status, http.StatusText(status), status, http.StatusText(status))
	return writeRaw(
		w,
		response{status: status, header: http.Header{"Content-Type": {"text/html"}, "Content-Length": {strconv.Itoa(len(text))}}},
		[]byte(text),
	)
}
