package rest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// Bounds of how often something is tried.
const (
	maxPasses   = 8    // readings of a list that moves
	maxRecounts = 3    // readings of one whose count disagrees
	maxRestarts = 3    // of a list whose cursors expire, without anything new between them
	maxEmpty    = 1000 // empty pages one after the other
	maxSame     = 20   // pages that begin alike and bring nothing new, one after the other
)

// set holds digests of keys.
type set map[[16]byte]struct{}

// add tells whether the key is new.
func (s set) add(key string) bool {
	sum := sha256.Sum256([]byte(key))
	k := [16]byte(sum[:16])
	if _, have := s[k]; have {
		return false
	}
	s[k] = struct{}{}
	return true
}

func (s set) has(key string) bool {
	sum := sha256.Sum256([]byte(key))
	_, have := s[[16]byte(sum[:16])]
	return have
}

// walk is one list, of one parent, on its way.
type walk struct {
	e        *engine
	list     *mapping.FetchList
	parent   jsontext.Value // nil without one
	id       string         // the parent's
	at       cursor
	keep     bool // items are needed for the lists below
	kept     []jsontext.Value
	keys     set  // of those
	mine     set  // what this pass has seen
	shared   bool // mine is what stands in the file
	whole    bool // this process saw the pass from its beginning
	written  int64
	tokens   set // that were given in this pass
	restarts int
	empty    int
	same     int
	counted  int64 // by the provider, on the last page; -1 when it doesn't say
	expected bool  // some item had what the list expects
}

// read reads a list to its end.
func (e *engine) read(ctx context.Context, l *mapping.FetchList, parent jsontext.Value, id string, keep bool) (*walk, error) {
	w := &walk{e: e, list: l, parent: parent, id: id, keep: keep, keys: set{}, mine: set{}, whole: true, tokens: set{}, counted: -1}
	if place, ok := e.folder.Place(l.Name, id); ok && !keep {
		if place.Done {
			return w, nil
		}
		w.at, w.written = parseCursor(place.Cursor), place.Rows
		w.whole = w.at.begins()
		w.tokens.add(w.at.Token)
	}
	if l.Writes == "users" && len(e.known(fetch.UsersFile)) == 0 {
		w.mine, w.shared = e.known(fetch.UsersFile), true
	}
	for {
		done, err := w.page(ctx)
		if err != nil || done {
			return w, err
		}
	}
}

// page reads one page and tells whether it was the last.
func (w *walk) page(ctx context.Context) (bool, error) {
	r, err := w.e.pageCall(w.list, w.parent, w.at, 0)
	if err != nil {
		return false, err
	}
	a, err := w.e.client.do(ctx, r)
	if err != nil {
		return w.refused(err)
	}
	got, err := items(w.list, a)
	if err != nil {
		return false, err
	}
	if err := w.count(a); err != nil {
		return false, err
	}
	if w.at.Began == 0 {
		w.at.Began = dated(a).Unix()
	}
	written, fresh, err := w.take(got)
	if err != nil {
		return false, err
	}
	n, ends := next(w.list, a, got, w.at)
	n.Fresh += fresh
	if fresh > 0 {
		w.restarts = 0
	}
	if err := w.guard(n, got, fresh, ends); err != nil {
		return false, err
	}
	if ends {
		if n, ends, err = w.end(ctx, n); err != nil {
			return false, err
		}
	}
	w.at = n
	return ends, w.commit(n, written, ends)
}

func (w *walk) commit(n cursor, written int, ends bool) error {
	w.written += int64(written)
	w.e.progress(w.list.Name, int64(written), w.counted, w.id)
	return w.e.folder.Commit(fetch.Page{List: w.list.Name, Parent: w.id, Cursor: n.String(), Rows: int64(written), Done: ends})
}

// refused takes an answer that is no page. A cursor that is no longer known begins the
// list again; what was read already is known by its key.
func (w *walk) refused(err error) (bool, error) {
	if absent(err) && w.list.Optional && w.at.begins() {
		w.e.log.Info("a list is not there", "list", w.list.Name)
		if err := w.e.folder.Unavailable(w.list.Name, w.list.Name+": the provider has no such list: "+err.Error()); err != nil {
			return false, err
		}
		return true, w.commit(w.at, 0, true)
	}
	if !expired(err) || w.at.begins() {
		return false, err
	}
	if w.restarts++; w.restarts > maxRestarts {
		return false, fmt.Errorf("%w (the list was read again %d times)", err, maxRestarts)
	}
	w.e.log.Warn("a list is read again: the provider no longer knows its cursor", "list", w.list.Name, "error", err)
	w.at = w.at.anew()
	w.tokens = set{}
	return false, nil
}

// count reads how many there are by the page's own word.
func (w *walk) count(a *answer) error {
	c := w.list.Count
	if c.Kind == "" || c.Get != "" || c.Post != "" {
		return nil
	}
	n, err := counted(c, a)
	if err == nil && n >= 0 {
		w.counted = n
	}
	return err
}

// counted is the number in an answer; -1 when there is none.
func counted(c mapping.FetchCount, a *answer) (int64, error) {
	t := a.header.Get(c.Header)
	if c.Header == "" {
		t = one(a.body, c.Path)
	}
	if t == "" {
		return -1, nil
	}
	n, err := strconv.ParseInt(t, 10, 64)
	if err != nil {
		return -1, errors.New("the provider's count is not a number")
	}
	return max(n, -1), nil
}

// guard ends what would go on for ever.
func (w *walk) guard(n cursor, got []jsontext.Value, fresh int, ends bool) error {
	if ends {
		return nil
	}
	if len(got) > 0 {
		w.empty = 0
	} else if w.empty++; w.empty > maxEmpty {
		return fmt.Errorf("reading %s: %d empty pages one after the other", w.list.Name, maxEmpty)
	}
	if n.Token != "" && !w.tokens.add(n.Token) {
		return fmt.Errorf("reading %s: the provider links to a page that was already read", w.list.Name)
	}
	if w.list.Page.Kind == "last" && n.Token == "" {
		return fmt.Errorf("reading %s: an item has no %s", w.list.Name, w.list.Page.From)
	}
	// Where somebody joins before it, the last item comes once more at the next offset.
	if len(got) == 0 || fresh > 0 || n.First == "" || n.First != w.at.First {
		w.same = 0
	} else if w.same++; w.same > maxSame {
		return fmt.Errorf("reading %s: the provider gives the same page again and again", w.list.Name)
	}
	return nil
}

// end tells whether a list that came to its end was read whole, or is read once more.
func (w *walk) end(ctx context.Context, n cursor) (cursor, bool, error) {
	if w.list.Expects != "" && !w.expected && w.whole && len(w.mine) > 0 {
		if err := w.e.folder.Unavailable(w.list.Name+": "+w.list.Expects, w.list.Missing); err != nil {
			return n, false, err
		}
	}
	total, err := w.total(ctx)
	if err != nil {
		return n, false, err
	}
	seen := int64(len(w.mine))
	if !w.whole {
		seen = w.written
	}
	short := w.list.Count.Kind == string(fetch.Exact) && total > seen
	again := moves(w.list.Page) && n.Pages > 1 && n.Fresh > 0
	// Whoever was there when this reading began was read; the count is of a moment later.
	since := short && n.Count > 0 && seen >= n.Count && w.whole
	switch {
	case again && n.Pass < maxPasses, short && !since && n.Pass < maxRecounts:
		w.mine, w.shared, w.tokens, w.whole = set{}, false, set{}, true
		return n.again(total), false, nil
	case again:
		return n, true, w.e.folder.Lacks(w.list.Name+w.of(), "it changed faster than it could be read")
	case since:
		note := fmt.Sprintf("%s%s: %d joined while it was read, by the provider's count, and may not be here", w.list.Name, w.of(), total-seen)
		return n, true, errors.Join(w.e.folder.Note(note), w.counts(n.Count))
	case short:
		err := w.e.folder.Lacks(w.list.Name+w.of(), fmt.Sprintf("the provider has %d, and returned %d", total, seen))
		return n, true, err
	case w.list.Count.Kind == string(fetch.Exact) && total >= 0 && total < w.written:
		note := fmt.Sprintf("%s%s: %d that were read are gone now", w.list.Name, w.of(), w.written-total)
		return n, true, w.e.folder.Note(note)
	}
	return n, true, nil
}

func (w *walk) of() string {
	if w.id == "" {
		return ""
	}
	return " of " + w.id
}

// total is how many the provider counts, now that the list was read; -1 unknown.
func (w *walk) total(ctx context.Context) (int64, error) {
	c := w.list.Count
	if c.Kind == "" || w.e.since != "" || w.list.Where != nil || w.list.Unless != nil {
		return -1, nil
	}
	if c.Get != "" || c.Post != "" {
		n, err := w.e.ask(ctx, w.list, w.parent)
		if err != nil {
			return -1, err
		}
		w.counted = n
	}
	return w.counted, w.counts(w.counted)
}

// counts keeps what the provider counts.
func (w *walk) counts(n int64) error {
	if n < 0 || w.id != "" || w.list.Writes == "" {
		return nil
	}
	return w.e.folder.Counted(w.list.Name, n, fetch.CountKind(w.list.Count.Kind))
}

// dated is when an answer was given, by the clock of who gave it.
func dated(a *answer) time.Time {
	if at, err := http.ParseTime(a.header.Get("Date")); err == nil {
		return at
	}
	return time.Now()
}

// joined tells that an item was made after the list was begun.
func (w *walk) joined(item jsontext.Value) bool {
	if w.list.Created == "" {
		return false
	}
	text := one(item, w.list.Created)
	at, err := time.Parse(time.RFC3339, text)
	if err == nil {
		return at.Unix() >= w.at.Began
	}
	n, err := strconv.ParseFloat(text, 64)
	if n > 1e11 {
		n /= 1000 // milliseconds
	}
	return err == nil && int64(n) >= w.at.Began
}

// ask asks for the count with a request of its own.
func (e *engine) ask(ctx context.Context, l *mapping.FetchList, parent jsontext.Value) (int64, error) {
	c := l.Count
	r, err := e.call(e.values.of(parent), c.Get, c.Post, c.Query, c.Body, c.Headers)
	if err != nil {
		return -1, err
	}
	r.what, r.needs = "counting "+l.Name, l.Needs
	a, err := e.client.do(ctx, r)
	if err != nil {
		return -1, err
	}
	return counted(c, a)
}
