package kinde

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Page sizes: the first is asked for, the second when the tenant finds the
// first too large.
const (
	maxPageSize      = 500
	fallbackPageSize = 100
)

// Page is a piece of a list.
type Page[T any] struct {
	Items []T
	Next  string // resumes the list after this page; "" on the last one
}

// paging is how a list continues.
type paging uint8

const (
	byToken  paging = iota // next_token
	byLastID               // starting_after the last item's id, while has_more
)

type listing[T any] struct {
	op       string
	path     params
	query    query
	pageSize int
	after    string
	by       paging
	unsized  bool            // the operation has no page_size
	members  []string        // names under which the items may come
	id       func(*T) string // byLastID
}

// items flattens pages.
func items[T any](in iter.Seq2[Page[T], error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for p, err := range in {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range p.Items {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// convert turns pages of what was decoded into pages of what is shown.
func convert[W, T any](in iter.Seq2[Page[W], error], f func(*W) T) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		for p, err := range in {
			out := Page[T]{Next: p.Next}
			if err == nil {
				out.Items = make([]T, len(p.Items))
				for i := range p.Items {
					out.Items[i] = f(&p.Items[i])
				}
			}
			if !yield(out, err) {
				return
			}
		}
	}
}

// pages walks a list. It ends at an empty page, without a token, or when the
// tenant says that there is no more; never because a page is short, since a
// tenant may cap what was asked. A token that comes back is an error: the list
// would never end. After an error the sequence ends.
func pages[T any](ctx context.Context, c *Client, l listing[T]) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		after := l.after
		seen := map[string]bool{after: true}
		for n := 1; ; n++ {
			var b pageBody[T]
			b.members = l.members
			if err := fetch(ctx, c, &l, after, &b); err != nil {
				yield(Page[T]{}, fmt.Errorf("reading page %d: %w", n, err))
				return
			}
			next := b.next
			if l.by == byLastID {
				next = ""
				if len(b.items) > 0 && (b.hasMore == nil || *b.hasMore) {
					next = l.id(&b.items[len(b.items)-1])
				}
			}
			if len(b.items) == 0 || b.hasMore != nil && !*b.hasMore {
				next = ""
			}
			if next != "" && seen[next] {
				yield(
					Page[T]{},
					fmt.Errorf("reading page %d: %w", n, refuse(l.op, "the list repeats itself: the tenant gave the same page token twice")),
				)
				return
			}
			seen[next] = true
			if len(b.items) > 0 || n == 1 {
				if !yield(Page[T]{Items: b.items, Next: next}, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			after = next
		}
	}
}

// fetch reads one page, of the size that the tenant allows.
func fetch[T any](ctx context.Context, c *Client, l *listing[T], after string, b *pageBody[T]) error {
	for {
		size := l.pageSize
		if size <= 0 {
			size = maxPageSize
		}
		if allowed, ok := c.pageSizes.Load(l.op); ok {
			size = min(size, allowed.(int))
		}
		q := slices.Clone(l.query)
		if !l.unsized {
			q = q.add("page_size", strconv.Itoa(size))
		}
		if after != "" {
			if l.by == byLastID {
				q = q.add("starting_after", after)
			} else {
				q = q.add("next_token", after)
			}
		}
		err := c.send(ctx, request{op: l.op, path: l.path, query: q, out: b, complete: b.complete})
		if err == nil || l.unsized || size <= fallbackPageSize || !pageTooLarge(err) {
			return err
		}
		c.pageSizes.Store(l.op, fallbackPageSize)
	}
}

func pageTooLarge(err error) bool {
	e, ok := asError(err)
	if !ok || e.Status != http.StatusBadRequest && e.Status != http.StatusUnprocessableEntity {
		return false
	}
	said := strings.ToUpper(e.Code + " " + e.Message)
	return strings.Contains(said, "PAGE_SIZE") || strings.Contains(said, "PAGE SIZE")
}

// pageBody is the answer of a list.
type pageBody[T any] struct {
	members []string
	items   []T
	found   bool // one of members was there
	other   bool // another list was there
	ok      bool // it calls itself a success, or a page of a list
	next    string
	hasMore *bool
}

// complete says whether the answer was a list at all. Some servers leave out
// an empty list, and still answer as the API does. Of any other document nobody
// may conclude that the list is empty: a backup would have nobody in it.
func (b *pageBody[T]) complete() bool { return b.found || b.ok && !b.other }

// succeeded tells whether an answer's code says that all went well.
func succeeded(code string) bool {
	code = strings.ToUpper(code)
	return code == "OK" || code == "SUCCESS" || strings.HasSuffix(code, "_SUCCESS")
}

func (b *pageBody[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*b = pageBody[T]{members: b.members}
	switch d.PeekKind() {
	case '[':
		b.found = true
		return json.UnmarshalDecode(d, &b.items)
	case '{':
	default:
		return fmt.Errorf("the answer is not a list")
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		t, err := d.ReadToken()
		if err != nil {
			return err
		}
		name := t.String()
		switch {
		case slices.Contains(b.members, name):
			b.found = true
			err = json.UnmarshalDecode(d, (*oneOrMany[T])(&b.items))
		case name == "code":
			var code string
			err = json.UnmarshalDecode(d, &code)
			b.ok = b.ok || succeeded(code)
		case name == "next_token":
			b.ok = true
			err = json.UnmarshalDecode(d, &b.next)
		case name == "has_more":
			b.ok = true
			if d.PeekKind() == 'n' {
				err = d.SkipValue()
			} else {
				err = json.UnmarshalDecode(d, &b.hasMore)
			}
		default:
			b.other = b.other || d.PeekKind() == '['
			err = d.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

// featureFlags reads flags by key, over as many pages as there are.
func (c *Client) featureFlags(ctx context.Context, op string, path params) (map[string]FeatureFlag, error) {
	flags := map[string]FeatureFlag{}
	after := ""
	for {
		var w struct {
			Code         string                 `json:"code"`
			FeatureFlags map[string]FeatureFlag `json:"feature_flags"`
			NextToken    string                 `json:"next_token"`
		}
		err := c.send(ctx, request{op: op, path: path, query: query{}.optional("next_token", after), out: &w,
			complete: func() bool { return w.FeatureFlags != nil || succeeded(w.Code) }})
		if err != nil {
			return nil, err
		}
		before := len(flags)
		for key, flag := range w.FeatureFlags {
			flags[key] = flag
		}
		if w.NextToken == "" || len(flags) == before {
			return flags, nil
		}
		after = w.NextToken
	}
}

// maxFilter keeps the URL of a filtered list below what servers and proxies
// take, about 8,000 bytes, with room for a page token.
const maxFilter = 5500

// Batches cuts values into lists that fit a filter of getUsers: short enough
// for a URL, no more than a page holds, and a value with a comma alone, since
// the filter's separator is a comma.
func Batches(values []string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		var batch []string
		size := 0
		for _, v := range values {
			if strings.Contains(v, ",") {
				if !yield([]string{v}) {
					return
				}
				continue
			}
			n := len(escapeQuery(v)) + len("%2C")
			if len(batch) > 0 && (size+n > maxFilter || len(batch) == maxPageSize) {
				if !yield(batch) {
					return
				}
				batch, size = nil, 0
			}
			batch = append(batch, v)
			size += n
		}
		if len(batch) > 0 {
			yield(batch)
		}
	}
}
