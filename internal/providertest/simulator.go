package providertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Simulator is a provider with people, organizations and memberships, which misbehaves
// as its quirks say. Each provider's file gives it that provider's addresses and shapes.
// It is a server and a transport, and answers one request at a time.
type Simulator struct {
	People  []string            // ids, in the order in which they joined
	Orgs    []string            // ids of the organizations
	Members map[string][]string // organization -> people
	Gone    map[string]bool     // people who left meanwhile
	Quirks  Quirks
	Serve   Serve

	mu     sync.Mutex
	joined map[string]time.Time // of those who were not there from the beginning
	t      testing.TB
	asked  int // requests that were not about tokens
	tokens int
	issued int
	jobs   [][]string // who stands in the file of each export
	polls  int
	epoch  int // cursors of another epoch are expired
}

// Serve answers as a provider does.
type Serve func(*Simulator, http.ResponseWriter, *http.Request)

// Quirks are what providers do to those who read them.
type Quirks struct {
	Clamp     int                                           // pages are never larger
	Empty     int                                           // each so many-th page is empty, and has a cursor
	Throttle  int                                           // each so many-th request is refused
	Throttled func(http.ResponseWriter)                     // how
	Broken    int                                           // each so many-th request ends in a 503
	Expire    int                                           // cursors expire at this request
	TokenLife int                                           // a token is good for so many requests
	Redacts   bool                                          // hashes are not shown
	Deny      string                                        // this path is forbidden
	Change    map[int]func(*Simulator)                      // what happens at a request
	Busy      int                                           // somebody joins, and the first organization, at each so many-th request
	Tamper    func(http.ResponseWriter, *http.Request) bool // answers in the provider's place
}

// New is a provider with people, the k-th of whose organizations has every k-th of them.
func New(t testing.TB, people, orgs int, serve Serve) *Simulator {
	s := &Simulator{t: t, Members: map[string][]string{}, Gone: map[string]bool{}, joined: map[string]time.Time{}, Serve: serve}
	for i := range people {
		s.People = append(s.People, fmt.Sprintf("user_%04d", i))
	}
	slices.Sort(s.People) // a cursor is the last id that was given
	for i := range orgs {
		id := fmt.Sprintf("org_%02d", i)
		s.Orgs = append(s.Orgs, id)
		for j := i; j < people; j += i + 1 {
			s.Members[id] = append(s.Members[id], s.People[j])
		}
	}
	return s
}

func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Quirks.Tamper != nil && s.Quirks.Tamper(w, r) {
		return
	}
	s.asked++
	if change := s.Quirks.Change[s.asked]; change != nil {
		change(s)
	}
	if busy := s.Quirks.Busy; busy > 0 && s.asked%busy == 0 {
		id := fmt.Sprintf("user_9%05d", s.asked)
		s.Join(id)
		for _, org := range s.Orgs[:min(len(s.Orgs), 1)] {
			s.Members[org] = append(s.Members[org], id)
		}
	}
	switch q := s.Quirks; {
	case q.Throttle > 0 && s.asked%q.Throttle == 0:
		q.Throttled(w)
	case q.Broken > 0 && s.asked%q.Broken == 0:
		http.Error(w, "<html>upstream</html>", http.StatusServiceUnavailable)
	case q.Deny != "" && strings.Contains(r.URL.Path+r.Header.Get("X-Amz-Target"), q.Deny):
		AnswerJSON(w, http.StatusForbidden, map[string]any{"message": "not allowed"})
	default:
		if q.Expire > 0 && s.asked == q.Expire {
			s.epoch++
		}
		s.Serve(s, w, r)
	}
}

// page cuts the part of a list that begins after a cursor. The cursor names the last id
// that was given, so it stands however the list changes.
func (s *Simulator) page(all []string, token string, size int) (part []string, next string, err error) {
	if s.Quirks.Clamp > 0 {
		size = min(size, s.Quirks.Clamp)
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
		from, _ = slices.BinarySearch(all, after+"\x00")
	}
	if s.Quirks.Empty > 0 && s.asked%s.Quirks.Empty == 0 {
		return nil, fmt.Sprintf("%d~%s~%d", s.epoch, after, s.asked), nil
	}
	part = all[from:min(from+size, len(all))]
	if from+len(part) < len(all) {
		next = fmt.Sprintf("%d~%s", s.epoch, part[len(part)-1])
	}
	return part, next, nil
}

// window cuts by position.
func (s *Simulator) window(all []string, from, size int) []string {
	if s.Quirks.Clamp > 0 {
		size = min(size, s.Quirks.Clamp)
	}
	from = min(from, len(all))
	return all[from:min(from+size, len(all))]
}

// Join lets somebody in.
func (s *Simulator) Join(id string) {
	s.People = append(s.People, id)
	s.joined[id] = time.Now()
}

// made is when somebody joined.
func (s *Simulator) made(id string) time.Time {
	if at, ok := s.joined[id]; ok {
		return at
	}
	return time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
}

// Leave lets somebody go.
func (s *Simulator) Leave(id string) {
	s.Gone[id] = true
	s.People = slices.DeleteFunc(slices.Clone(s.People), func(p string) bool { return p == id })
	for org, members := range s.Members {
		s.Members[org] = slices.DeleteFunc(slices.Clone(members), func(p string) bool { return p == id })
	}
}

// Belongs are the memberships as "user organization".
func (s *Simulator) Belongs() []string {
	var all []string
	for org, members := range s.Members {
		for _, id := range members {
			all = append(all, id+" "+org)
		}
	}
	return all
}

// issue gives a token to whoever asks as wanted.
func (s *Simulator) issue(w http.ResponseWriter, ok bool) {
	if !ok {
		AnswerJSON(w, 401, map[string]any{"error": "invalid_client", "error_description": "no such client"})
		return
	}
	s.tokens++
	s.issued = s.asked
	AnswerJSON(
		w,
		200,
		map[string]any{"access_token": fmt.Sprintf("token-%d-0123456789", s.tokens), "token_type": "Bearer", "expires_in": 3600},
	)
}

// bears tells whether a request has the token that is good; else it is answered.
func (s *Simulator) bears(w http.ResponseWriter, r *http.Request) bool {
	good := r.Header.Get("Authorization") == fmt.Sprintf("Bearer token-%d-0123456789", s.tokens)
	if s.Quirks.TokenLife > 0 && s.asked-s.issued > s.Quirks.TokenLife {
		good = false
	}
	if !good {
		AnswerJSON(w, 401, map[string]any{"error": map[string]any{"code": "InvalidAuthenticationToken", "message": "it has expired"}})
	}
	return good
}

// user tells whether a path is one of a person, and answers it.
func (s *Simulator) user(w http.ResponseWriter, id string, shape func(string) any) {
	if !slices.Contains(s.People, id) {
		AnswerJSON(w, 404, map[string]any{"code": "not_found", "message": "no such user"})
		return
	}
	AnswerJSON(w, 200, shape(id))
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

// AnswerJSON answers with a document.
func AnswerJSON(w http.ResponseWriter, status int, v any) {
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
func (s *Simulator) RoundTrip(r *http.Request) (*http.Response, error) {
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

// TooMany refuses with 429 and a header.
func TooMany(header, value string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		if header != "" {
			w.Header().Set(header, value)
		}
		AnswerJSON(w, http.StatusTooManyRequests, map[string]any{"message": "too many requests"})
	}
}

func inAMinute() string { return strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10) }
