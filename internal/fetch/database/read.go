package database

import (
	"context"
	"crypto/sha256"
	"encoding"
	"encoding/json"
	"fmt"
	"hash"
	"strconv"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
)

// reader reads the users of a plan, page by page, with what belongs to them.
type reader struct {
	s    *Source
	c    conn
	plan *plan
	f    *fetch.Folder
	show func(fetch.Progress)

	at    position
	keys  hash.Hash // over the keys so far, in order
	total int64
	odd   int

	buffer []byte
}

// position is where the reading of users stands.
type position struct {
	After string `json:"after"` // the last key
	Rows  int64  `json:"rows"`  // 0: nothing was read yet
	Keys  []byte `json:"keys"`  // the state of the digest over all keys up to it
}

func (r *reader) read(ctx context.Context) error {
	if err := r.note(); err != nil {
		return err
	}
	if err := r.resume(ctx); err != nil {
		return err
	}
	if err := r.count(ctx); err != nil {
		return err
	}
	for done := false; !done; {
		var err error
		if done, err = r.page(ctx); err != nil {
			return err
		}
		if r.s.afterPage != nil {
			if err := r.s.afterPage(); err != nil {
				return err
			}
		}
	}
	if r.odd > 0 {
		return r.f.Note(fmt.Sprintf("%d values are not UTF-8 text: they are written as \\x and hexadecimal digits.", r.odd))
	}
	return nil
}

// note tells what is not covered.
func (r *reader) note() error {
	for _, m := range r.plan.without {
		if err := r.f.Unavailable(m.What, m.Error()); err != nil {
			return err
		}
	}
	tables := []string{r.plan.users.table}
	for _, j := range r.plan.joins {
		tables = append(tables, j.table)
	}
	for _, n := range r.c.notes(tables) {
		if err := r.f.Note(n); err != nil {
			return err
		}
	}
	return nil
}

// resume goes on where an earlier process stopped, when the keys up to there are
// the same in this process' view of the database; otherwise it begins again.
func (r *reader) resume(ctx context.Context) error {
	r.keys = sha256.New()
	place, ok := r.f.Place("users", "")
	if !ok {
		return nil
	}
	var at position
	if err := json.Unmarshal([]byte(place.Cursor), &at); err != nil {
		return r.f.Rewind("users")
	}
	rows := int64(0)
	if at.Rows > 0 {
		u := r.plan.users
		u.columns = r.c.keyText(u.keyText, u.key)
		statement, args := u.rangeOf(r.c, nil, r.c.key(at.After, u.key), 0)
		err := r.c.query(ctx, statement, args, func(row [][]byte) error {
			r.addKey(row[0])
			rows++
			return nil
		})
		if err != nil {
			return r.failed(&u, err)
		}
	}
	before := sha256.New()
	if before.(encoding.BinaryUnmarshaler).UnmarshalBinary(at.Keys) != nil || rows != at.Rows ||
		string(before.Sum(nil)) != string(r.keys.Sum(nil)) {
		r.keys = sha256.New()
		return r.f.Rewind("users")
	}
	r.at = at
	return r.f.Note(
		"The users were read by several runs, each with its own snapshot of the database. No user was added or removed in between, but a user that changed may be read half before and half after the change.",
	)
}

func (r *reader) addKey(key []byte) {
	r.buffer = append(append(r.buffer[:0], key...), 0)
	r.keys.Write(r.buffer)
}

// count has the database count what this process will read.
func (r *reader) count(ctx context.Context) error {
	kind := fetch.Exact
	counted := func(q *query) (int64, error) {
		text, err := one(ctx, r.c, q.count())
		if err != nil {
			return 0, r.failed(q, err)
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err == nil {
			err = r.f.Counted(q.name, n, kind)
		}
		return n, err
	}
	var err error
	if r.total, err = counted(&r.plan.users); err != nil {
		return err
	}
	for i := range r.plan.joins {
		q := &r.plan.joins[i].query
		if r.s.Options.Since != "" {
			// Rows of users who didn't change aren't read.
			if err := r.f.Counted(q.name, 0, fetch.None); err != nil {
				return err
			}
			continue
		}
		if _, err := counted(q); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) failed(q *query, err error) error {
	return r.s.Address.explain("reading "+q.name, q.table, err)
}

// page reads the next users, and what belongs to them. The page after the last
// user is empty, and takes what belongs to keys beyond.
func (r *reader) page(ctx context.Context) (done bool, err error) {
	if place, ok := r.f.Place("users", ""); ok && place.Done {
		return true, nil
	}
	u := &r.plan.users
	limit := r.s.PageRows
	if limit == 0 {
		limit = pageRows
	}
	var above any
	if r.at.Rows > 0 {
		above = r.c.key(r.at.After, u.key)
	}
	records := make([]record, 0, limit)
	byKey := make(map[string]int)
	last, size := "", 256
	statement, args := u.rangeOf(r.c, above, nil, limit)
	err = r.c.query(ctx, statement, args, func(row [][]byte) error {
		if len(records) > 0 && string(row[0]) == last {
			return fmt.Errorf("the column %s is not unique: %q is there twice", u.key.name, r.joined(last))
		}
		r.addKey(row[0])
		last = string(row[0])
		object, odd := appendMembers(append(make([]byte, 0, size), '{'), u.heads, u.kinds, row[1:])
		r.odd += odd
		size = max(size, len(object)+64)
		if len(r.plan.joins) > 0 {
			byKey[r.joined(last)] = len(records)
		}
		records = append(records, record{object: object, parts: make([]part, len(r.plan.joins))})
		return nil
	})
	if err != nil {
		return false, r.failed(u, err)
	}
	page := fetch.Page{List: "users", Rows: int64(len(records)), Done: len(records) == 0, Joined: map[string]fetch.Joined{}}
	var upTo any
	if len(records) > 0 {
		upTo = r.c.key(last, u.key)
		r.at.After = last
	}
	for i := range r.plan.joins {
		if !page.Done || r.s.Options.Since == "" {
			if err := r.join(ctx, i, above, upTo, records, byKey, &page); err != nil {
				return false, err
			}
		}
	}
	for i := range records {
		if err := r.f.User(records[i].whole(r.plan.joins)); err != nil {
			return false, err
		}
	}
	return page.Done, r.commit(page)
}

// join reads the rows of one join that belong to a page.
func (r *reader) join(ctx context.Context, i int, above, upTo any, records []record, byKey map[string]int, page *fetch.Page) error {
	j := &r.plan.joins[i]
	var n fetch.Joined
	statement, args := j.rangeOf(r.c, above, upTo, 0)
	err := r.c.query(ctx, statement, args, func(row [][]byte) error {
		n.Rows++
		at, ok := byKey[r.joined(string(row[0]))]
		if !ok {
			n.Nobody++
			return nil
		}
		r.odd += records[at].parts[j.slot].add(j, row[1:])
		return nil
	})
	if err != nil {
		return r.failed(&j.query, err)
	}
	if r.s.Options.Since != "" {
		n.Nobody = 0 // they belong to somebody who didn't change
	}
	page.Joined[j.name] = n
	return nil
}

// joined is a key as it is compared between tables: without the mark of its type
// in SQLite, and without the blanks of a column with a fixed length.
func (r *reader) joined(key string) string {
	if r.s.Address.Dialect == SQLite && key != "" {
		key = key[1:]
	}
	return strings.TrimRight(key, " ")
}

func (r *reader) commit(page fetch.Page) error {
	r.at.Rows += page.Rows
	state, err := r.keys.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		return err
	}
	r.at.Keys = state
	cursor, err := json.Marshal(r.at)
	if err != nil {
		return err
	}
	page.Cursor = string(cursor)
	if err := r.f.Commit(page); err != nil {
		return err
	}
	r.show(fetch.Progress{List: "users", Done: r.at.Rows, Total: r.total})
	return nil
}
