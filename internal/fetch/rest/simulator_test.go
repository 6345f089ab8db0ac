package rest

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// simulator is a provider with people, organizations and memberships, which misbehaves
// as its quirks say. Each provider's file gives it that provider's addresses and shapes.
type simulator struct {
	t       *testing.T
	people  []string // ids, in the order in which they joined
	orgs    []string
	members map[string][]string // organization -> people
	gone    map[string]bool     // people who left meanwhile
	asked   int                 // requests that were not about tokens
	tokens  int
	issued  int
	jobs    [][]string // who stands in the file of each export
	polls   int
	quirks  quirks
	serve   func(*simulator, http.ResponseWriter, *http.Request)
	epoch   int // cursors of another epoch are expired
}

// quirks are what providers do to those who read them.
type quirks struct {
	clamp     int                                           // pages are never larger
	empty     int                                           // each so many-th page is empty, and has a cursor
	throttle  int                                           // each so many-th request is refused
	throttled func(http.ResponseWriter)                     // how
	broken    int                                           // each so many-th request ends in a 503
	expire    int                                           // cursors expire at this request
	tokenLife int                                           // a token is good for so many requests
	redacts   bool                                          // hashes are not shown
	deny      string                                        // this path is forbidden
	change    map[int]func(*simulator)                      // what happens at a request
	tamper    func(http.ResponseWriter, *http.Request) bool // answers in the provider's place
}

func newSimulator(t *testing.T, people, orgs int, serve func(*simulator, http.ResponseWriter, *http.Request)) *simulator {
	s := &simulator{t: t, members: map[string][]string{}, gone: map[string]bool{}, serve: serve}
	for i := range people {
		s.people = append(s.people, fmt.Sprintf("user_%04d", i))
	}
	for i := range orgs {
		id := fmt.Sprintf("org_%02d", i)
		s.orgs = append(s.orgs, id)
		for j := i; j < people; j += i + 1 {
			s.members[id] = append(s.members[id], s.people[j])
		}
	}
	return s
}

func (s *simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.quirks.tamper != nil && s.quirks.tamper(w, r) {
		return
	}
	s.asked++
	if change := s.quirks.change[s.asked]; change != nil {
		change(s)
	}
	switch q := s.quirks; {
	case q.throttle > 0 && s.asked%q.throttle == 0:
		q.throttled(w)
	case q.broken > 0 && s.asked%q.broken == 0:
		http.Error(w, "<html>upstream</html>", http.StatusServiceUnavailable)
	case q.deny != "" && strings.Contains(r.URL.Path+r.Header.Get("X-Amz-Target"), q.deny):
		answerJSON(w, http.StatusForbidden, map[string]any{"message": "not allowed"})
	default:
		if q.expire > 0 && s.asked == q.expire {
			s.epoch++
		}
		s.serve(s, w, r)
	}
}

// page cuts the part of a list that begins after a cursor. The cursor names the last id
// that was given, so it stands however the list changes.
func (s *simulator) page(all []string, token string, size int) (part []string, next string, err error) {
	if s.quirks.clamp > 0 {
		size = min(size, s.quirks.clamp)
	}
	after := ""
	if token != "" {
		epoch, rest, _ := strings.Cut(token, "~")
		if epoch != strconv.Itoa(s.epoch) {
			return nil, "", errors.New("expired")
		}
		after, _, _ = strings.Cut(rest, "~")
	}
	from := 0
	if after != "" {
		from = slices.IndexFunc(all, func(id string) bool { return id > after })
		if from < 0 {
			from = len(all)
		}
	}
	if s.quirks.empty > 0 && s.asked%s.quirks.empty == 0 {
		return nil, fmt.Sprintf("%d~%s~%d", s.epoch, after, s.asked), nil
	}
	part = all[from:min(from+size, len(all))]
	if from+len(part) < len(all) {
		next = fmt.Sprintf("%d~%s", s.epoch, part[len(part)-1])
	}
	return part, next, nil
}

// window cuts by position.
func (s *simulator) window(all []string, from, size int) []string {
	if s.quirks.clamp > 0 {
		size = min(size, s.quirks.clamp)
	}
	from = min(from, len(all))
	return all[from:min(from+size, len(all))]
}

// join lets somebody in, leave lets somebody go.
func (s *simulator) join(id string) { s.people = append(s.people, id) }

func (s *simulator) leave(id string) {
	s.gone[id] = true
	s.people = slices.DeleteFunc(slices.Clone(s.people), func(p string) bool { return p == id })
	for org, members := range s.members {
		s.members[org] = slices.DeleteFunc(slices.Clone(members), func(p string) bool { return p == id })
	}
}

// issue gives a token to whoever asks as wanted.
func (s *simulator) issue(w http.ResponseWriter, ok bool) {
	if !ok {
		answerJSON(w, 401, map[string]any{"error": "invalid_client", "error_description": "no such client"})
		return
	}
	s.tokens++
	s.issued = s.asked
	answerJSON(w, 200, map[string]any{"access_token": fmt.Sprintf("token-%d-0123456789", s.tokens), "token_type": "Bearer", "expires_in": 3600})
}

// bears tells whether a request has the token that is good; else it is answered.
func (s *simulator) bears(w http.ResponseWriter, r *http.Request) bool {
	good := r.Header.Get("Authorization") == fmt.Sprintf("Bearer token-%d-0123456789", s.tokens)
	if s.quirks.tokenLife > 0 && s.asked-s.issued > s.quirks.tokenLife {
		good = false
	}
	if !good {
		answerJSON(w, 401, map[string]any{"error": map[string]any{"code": "InvalidAuthenticationToken", "message": "it has expired"}})
	}
	return good
}

// user tells whether a path is one of a person, and answers it.
func (s *simulator) user(w http.ResponseWriter, id string, shape func(string) any) {
	if !slices.Contains(s.people, id) {
		answerJSON(w, 404, map[string]any{"code": "not_found", "message": "no such user"})
		return
	}
	answerJSON(w, 200, shape(id))
}

// shaped is a list of what ids look like.
func shaped(ids []string, shape func(string) any) []any {
	out := []any{}
	for _, id := range ids {
		out = append(out, shape(id))
	}
	return out
}

// within is what stands between two parts of a path; false when it is another path.
func within(path, before, after string) (string, bool) {
	rest, ok := strings.CutPrefix(path, before)
	if !ok {
		return "", false
	}
	id, ok := strings.CutSuffix(rest, after)
	return id, ok && id != "" && !strings.Contains(id, "/")
}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func number(r *http.Request, name string, otherwise int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil {
		return otherwise
	}
	return n
}

func body(r *http.Request) map[string]any {
	var v map[string]any
	_ = json.NewDecoder(r.Body).Decode(&v)
	return v
}

// RoundTrip lets the simulator be a transport: nothing leaves the process.
func (s *simulator) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	resp := rec.Result()
	resp.Request = r
	return resp, nil
}

// outcome is what a folder holds in the end.
type outcome struct {
	manifest    *fetch.Manifest
	users       []string // ids, in order
	lines       []string
	identities  []string
	memberships [][]string
	params      string
	processes   int
}

// mortal is a transport of a process that dies at a request.
type mortal struct {
	*simulator
	left int
	kill context.CancelFunc
}

func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.left--; m.left < 0 {
		m.kill()
		return nil, context.Canceled
	}
	return m.simulator.RoundTrip(r)
}

// fetchAll reads a provider. With kill the first process dies after one request, and each
// one after it sends so many more than the one before: with 1 they die at every point.
func fetchAll(t *testing.T, s *simulator, o Options, kill int) (outcome, error) {
	t.Helper()
	dir := t.TempDir()
	var out outcome
	var failure error
	synctest.Test(t, func(t *testing.T) {
		for left := 1; ; left += kill {
			ctx, cancel := context.WithCancel(t.Context())
			o.Transport = s
			if kill > 0 {
				o.Transport = &mortal{s, left, cancel}
			}
			out.processes++
			err := fetchOnce(ctx, t, dir, o, &out)
			cancel()
			if !errors.Is(err, context.Canceled) {
				failure = err
				return
			}
			if left > 5000 {
				t.Fatal("it comes to no end")
			}
		}
	})
	return out, failure
}

func fetchOnce(ctx context.Context, t *testing.T, dir string, o Options, out *outcome) error {
	source, err := New(o)
	if err != nil {
		return err
	}
	folder, err := fetch.Open(dir, source.About(), false)
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := source.Read(ctx, folder, nil); err != nil {
		return err
	}
	users, err := mapping.Preset(o.Preset)
	if err != nil || users == nil {
		t.Fatal(err)
	}
	out.collect(t, folder, source.engine.userList().Key)
	out.manifest, err = folder.Finish("test")
	return err
}

func (out *outcome) collect(t *testing.T, f *fetch.Folder, key string) {
	t.Helper()
	read := func(name string) (lines []string) {
		for line, err := range f.Lines(name) {
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, string(line))
		}
		return lines
	}
	params, _ := os.ReadFile(filepath.Join(f.Dir(), fetch.HashParamsFile))
	out.params = string(params)
	out.lines, out.identities = read(fetch.UsersFile), read(fetch.IdentitiesFile)
	for _, line := range out.lines {
		out.users = append(out.users, one([]byte(line), key))
	}
	rows, err := csv.NewReader(strings.NewReader(strings.Join(read(fetch.MembershipsFile), "\n"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) > 0 {
		out.memberships = rows[1:]
	}
}

// sameIDs compares as sets, and finds duplicates.
func sameIDs(t *testing.T, what string, got, want []string) {
	t.Helper()
	have := map[string]int{}
	for _, id := range got {
		have[id]++
	}
	for _, id := range slices.Sorted(maps.Keys(have)) {
		if have[id] > 1 {
			t.Errorf("%s: %s is there %d times", what, id, have[id])
		}
	}
	for _, id := range want {
		if have[id] == 0 {
			t.Errorf("%s: %s is missing", what, id)
		}
		delete(have, id)
	}
	for _, id := range slices.Sorted(maps.Keys(have)) {
		t.Errorf("%s: %s should not be there", what, id)
	}
}

// rows are the memberships as "user organization"; a group that is a role counts too.
func (out *outcome) rows() []string {
	var all []string
	for _, m := range out.memberships {
		if in := cmp.Or(m[1], m[3]); strings.HasPrefix(in, "org_") {
			all = append(all, m[0]+" "+in)
		}
	}
	return all
}

// belongs is the same of a simulator.
func (s *simulator) belongs() []string {
	var all []string
	for org, members := range s.members {
		for _, id := range members {
			all = append(all, id+" "+org)
		}
	}
	return all
}

// Forms of "too many requests".
func tooMany(header, value string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		if header != "" {
			w.Header().Set(header, value)
		}
		answerJSON(w, http.StatusTooManyRequests, map[string]any{"message": "too many requests"})
	}
}

func inAMinute() string { return strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10) }
