package rest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"golang.org/x/sync/errgroup"
)

// engine reads the lists of a provider into a folder.
type engine struct {
	spec    *mapping.Fetch
	client  *client
	values  values
	log     *slog.Logger
	folder  *fetch.Folder
	tell    func(fetch.Progress)
	done    map[string]int64
	since   string
	asked   map[string]bool // lists that are read on demand
	without map[string]bool // lists that are left out on demand
	sets    map[string]set
	failed  error
}

func (v values) of(parent jsontext.Value) values {
	v.parent = parent
	return v
}

// run reads everything that the folder does not hold.
func (e *engine) run(ctx context.Context) error {
	for _, what := range e.spec.Withheld {
		if err := e.folder.Unavailable("the provider's API", what); err != nil {
			return err
		}
	}
	if err := e.params(ctx); err != nil {
		return err
	}
	if err := e.lists(ctx, "", nil, ""); err != nil {
		return errors.Join(err, e.failed)
	}
	if err := e.strangers(ctx); err != nil {
		return err
	}
	if err := e.perUser(ctx); err != nil {
		return err
	}
	return e.failed
}

// lists reads those that are read for one item of a list, or for none.
func (e *engine) lists(ctx context.Context, of string, parent jsontext.Value, id string) error {
	for i := range e.spec.Lists {
		l := &e.spec.Lists[i]
		if l.For != of || l.PerUser {
			continue
		}
		if e.without[l.Name] {
			if err := e.folder.Unavailable(l.Name, l.Name+": left out with --without"); err != nil {
				return err
			}
			continue
		}
		if l.OnRequest && !e.asked[l.Name] {
			if err := e.folder.Unavailable(l.Name, l.Name+": not read by default, read them with --with "+l.Name); err != nil {
				return err
			}
			continue
		}
		if err := e.list(ctx, l, parent, id); err != nil {
			return err
		}
	}
	return nil
}

func (e *engine) list(ctx context.Context, l *mapping.FetchList, parent jsontext.Value, id string) error {
	if l.Job.Create != "" {
		return e.export(ctx, l)
	}
	w, err := e.read(ctx, l, parent, id, e.leads(l))
	if err != nil {
		return err
	}
	for _, item := range w.kept {
		below := rowKey(l, item)
		if id != "" {
			below = id + "/" + below
		}
		if err := e.lists(ctx, cmp.Or(l.Like, l.Name), inherit(item, parent), below); err != nil {
			return err
		}
	}
	if l.Sets != "" {
		for _, item := range w.kept {
			e.values.variables[l.Sets] += "," + rowKey(l, item)
		}
	}
	return nil
}

// inherit lets the lists below reach the parent's parent, as {parent.parent.id}. What is
// no object is {parent.value}.
func inherit(item, parent jsontext.Value) jsontext.Value {
	if item.Kind() != '{' {
		item = object([]member{{"value", item}})
	}
	if parent == nil {
		return item
	}
	return with(item, "parent", parent)
}

// leads tells that other lists are read for the items of this one.
func (e *engine) leads(l *mapping.FetchList) bool {
	if l.Sets != "" {
		return true
	}
	for i := range e.spec.Lists {
		if below := &e.spec.Lists[i]; (below.For == l.Name || below.For == l.Like && l.Like != "") && !below.PerUser && !e.without[below.Name] {
			return true
		}
	}
	return false
}

// strangers reads users one by one whom another list names and the list of users did
// not hold: who joined meanwhile, or who is left out of it.
func (e *engine) strangers(ctx context.Context) error {
	users := e.known(fetch.UsersFile)
	var unknown []string
	seen := set{}
	for _, file := range []string{fetch.MembershipsFile, fetch.IdentitiesFile} {
		first := true
		for line, err := range e.folder.Lines(file) {
			if err != nil {
				return err
			}
			id := namedUser(file, line)
			if first && file == fetch.MembershipsFile {
				first = false
				continue // the header
			}
			if id != "" && !users.has(id) && seen.add(id) {
				unknown = append(unknown, id)
			}
		}
	}
	var missing []string
	for _, id := range unknown {
		there, err := e.stranger(ctx, id)
		if err != nil {
			return err
		}
		if !there {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 || e.since != "" {
		return nil
	}
	return errors.Join(e.folder.Missing("users", missing[:min(len(missing), 1000)]...),
		e.folder.Lacks("users", "other lists name people who are not in the list of users"))
}

// stranger reads one user. Who is gone meanwhile is none that is missing.
func (e *engine) stranger(ctx context.Context, id string) (bool, error) {
	l := e.userList()
	single := e.spec.One
	if single.Get+single.Post == "" || l == nil {
		return false, nil
	}
	v := e.values
	v.item = object([]member{{"id", quoted(id)}})
	r, err := e.call(v, single.Get, single.Post, single.Query, single.Body, single.Headers)
	if err != nil {
		return false, err
	}
	r.what, r.needs = "reading a user", l.Needs
	a, err := e.client.do(ctx, r)
	if absent(err) {
		return true, nil
	}
	if errors.As(err, new(*statusError)) {
		e.log.Warn("a user in another list can't be read", "error", err)
		return false, nil
	}
	if err != nil {
		return false, err
	}
	found := find(a.body, single.Items)
	if len(found) != 1 || one(found[0], l.Key) != id {
		return false, nil
	}
	if _, err := e.user(l, found[0], id, nil); err != nil {
		return false, err
	}
	return true, e.folder.Commit(fetch.Page{List: "users named by other lists", Parent: id, Rows: 1, Done: true})
}

func (e *engine) userList() *mapping.FetchList {
	for i := range e.spec.Lists {
		if e.spec.Lists[i].Writes == "users" {
			return &e.spec.Lists[i]
		}
	}
	return nil
}

// perUser reads the lists that take a request for each user.
func (e *engine) perUser(ctx context.Context) error {
	for i := range e.spec.Lists {
		l := &e.spec.Lists[i]
		if !l.PerUser {
			continue
		}
		if !e.asked[l.Name] {
			why := l.Name + ": they take one request per user, read them with --with " + l.Name
			if err := e.folder.Unavailable(l.Name, why); err != nil {
				return err
			}
			continue
		}
		if err := e.eachUser(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// eachUser reads a list for every user, a batch at a time: a batch is one page of it.
func (e *engine) eachUser(ctx context.Context, l *mapping.FetchList) error {
	place, _ := e.folder.Place(l.Name, "")
	if place.Done {
		return nil
	}
	at, before := parseCursor(place.Cursor).At, 0
	var batch []jsontext.Value
	flush := func(ends bool) error {
		walks := make([][]jsontext.Value, len(batch))
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(max(e.spec.Pace.InFlight, 1))
		for i, user := range batch {
			g.Go(func() (err error) {
				walks[i], err = e.gather(ctx, l, user)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		fresh := 0
		for i, user := range batch {
			w := &walk{e: e, list: l, parent: user, mine: set{}}
			written, _, err := w.take(walks[i])
			if err != nil {
				return err
			}
			fresh += written
		}
		at += len(batch)
		batch = batch[:0]
		e.progress(l.Name, int64(fresh), -1, "")
		return e.folder.Commit(fetch.Page{List: l.Name, Cursor: cursor{At: at}.String(), Rows: int64(fresh), Done: ends})
	}
	for line, err := range e.folder.Lines(fetch.UsersFile) {
		if err != nil {
			return err
		}
		if before++; before <= at {
			continue
		}
		if batch = append(batch, jsontext.Value(line).Clone()); len(batch) == perBatch {
			if err := flush(false); err != nil {
				return err
			}
			before = at
		}
	}
	return flush(true)
}

// perBatch is how many users make a page.
const perBatch = 64

// gather reads the few items of one user. A user who is gone has none.
func (e *engine) gather(ctx context.Context, l *mapping.FetchList, user jsontext.Value) ([]jsontext.Value, error) {
	var all []jsontext.Value
	for c, tokens := (cursor{}), (set{}); ; {
		r, err := e.pageCall(l, user, c, 0)
		if err != nil {
			return nil, err
		}
		a, err := e.client.do(ctx, r)
		if absent(err) && c.begins() {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		got, err := items(l, a)
		if err != nil {
			return nil, err
		}
		all = append(all, got...)
		n, ends := next(l, a, got, c)
		if ends {
			return all, nil
		}
		if n.Token != "" && !tokens.add(n.Token) || n.Pages > maxEmpty {
			return nil, fmt.Errorf("reading %s: the provider's pages have no end", l.Name)
		}
		c = n
	}
}

func (e *engine) progress(list string, fresh, total int64, parent string) {
	e.done[list] += fresh
	if e.tell == nil {
		return
	}
	if parent != "" || total < 0 {
		total = 0
	}
	e.tell(fetch.Progress{List: list, Done: e.done[list], Total: total})
}

// origin is the address without anything secret.
func origin(u *url.URL) string { return u.Scheme + "://" + u.Host + u.Path }
