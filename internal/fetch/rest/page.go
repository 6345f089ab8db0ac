package rest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// cursor is where the next page of a list begins.
type cursor struct {
	Token string `json:"t,omitempty"` // a token, an id or a URL, as the provider gave it
	At    int    `json:"n,omitempty"` // items or pages that came before
	Pass  int    `json:"p,omitempty"` // how often the list was read to its end
	Pages int    `json:"g,omitempty"` // of this pass, those with items
	Fresh int    `json:"f,omitempty"` // items of this pass that were new
	First string `json:"i,omitempty"` // id of the first item of the page before
	Began int64  `json:"b,omitempty"` // when the first reading began, in seconds by the provider's clock
	Count int64  `json:"c,omitempty"` // by the provider, when the reading before this one had ended
}

// again is where the next reading begins. Count is the provider's, now.
func (c cursor) again(count int64) cursor {
	return cursor{Pass: c.Pass + 1, Began: c.Began, Count: max(count, 0)}
}

// anew is where this reading begins once more.
func (c cursor) anew() cursor {
	return cursor{Pass: c.Pass, Fresh: c.Fresh, Began: c.Began, Count: c.Count}
}

func (c cursor) String() string {
	b, _ := json.Marshal(c)
	return string(b)
}

func parseCursor(s string) (c cursor) {
	_ = json.Unmarshal([]byte(s), &c)
	return c
}

// begins tells that the cursor stands at the first page, which nothing can expire.
func (c cursor) begins() bool { return c.Token == "" && c.At == 0 }

// moves tells that pages shift when somebody joins or leaves meanwhile.
func moves(p mapping.FetchPage) bool { return p.Kind == "number" || p.Kind == "offset" || p.Twice }

// pageCall is the request for one page. size 0 is the usual one.
func (e *engine) pageCall(l *mapping.FetchList, parent jsontext.Value, c cursor, size int) (*call, error) {
	v := e.values.of(parent)
	r, err := e.call(v, l.Get, l.Post, l.Query, l.Body, l.Headers)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", l.Name, err)
	}
	r.what, r.needs = "reading "+l.Name, l.Needs
	p := l.Page
	if p.Size != "" {
		if size == 0 {
			size = p.Max
		}
		r.set(p.Size, jsontext.Value(strconv.Itoa(size)))
	}
	if e.since != "" && l.Since != nil {
		q, err := v.query(l.Since)
		if err != nil {
			return nil, err
		}
		for name := range q {
			r.set(name, quoted(q.Get(name)))
		}
	}
	switch {
	case p.Kind == "number":
		r.set(p.Param, jsontext.Value(strconv.Itoa(p.First+c.At)))
	case p.Kind == "offset":
		r.set(p.Param, jsontext.Value(strconv.Itoa(c.At)))
	case c.Token == "":
	case (p.Kind == "link" || p.Kind == "url") && p.Param == "":
		next, err := r.url.Parse(c.Token)
		if err != nil || !e.client.trusts(next) {
			return nil, fmt.Errorf("reading %s: the link to the next page leads to another host, and is not followed", l.Name)
		}
		r.url = next
	default:
		r.set(p.Param, quoted(c.Token))
	}
	return r, nil
}

// call expands the parts of a request.
func (e *engine) call(v values, get, post string, query map[string][]string, body string, headers map[string]string) (*call, error) {
	r := &call{method: http.MethodGet, headers: map[string]string{}}
	template := get
	if post != "" {
		r.method, template = http.MethodPost, post
	}
	path, err := v.path(template)
	if err != nil {
		return nil, err
	}
	if r.url, err = url.Parse(strings.TrimSuffix(e.client.base.String(), "/") + path); err != nil {
		return nil, fmt.Errorf("the path %s can't be used", template)
	}
	q, err := v.query(query)
	if err != nil {
		return nil, err
	}
	r.url.RawQuery = encode(q)
	if r.method == http.MethodPost {
		if r.body, err = v.json(body); err != nil {
			return nil, err
		}
		if len(r.body) == 0 {
			r.body = jsontext.Value("{}")
		}
	}
	for _, templates := range []map[string]string{e.spec.Headers, headers} {
		set, err := v.headers(templates)
		if err != nil {
			return nil, err
		}
		maps.Copy(r.headers, set)
	}
	return r, nil
}

// encode writes a query with %20 for a space, which every reader takes.
func encode(q url.Values) string { return strings.ReplaceAll(q.Encode(), "+", "%20") }

// set puts a value into the body, or into the query where there is none.
func (r *call) set(name string, value jsontext.Value) {
	if r.body != nil {
		r.body = with(r.body, name, value)
		return
	}
	q := r.url.Query()
	q.Set(name, text(value))
	r.url.RawQuery = encode(q)
}

// items are those of an answer.
func items(l *mapping.FetchList, a *answer) ([]jsontext.Value, error) {
	found := find(a.body, l.Items)
	if len(found) == 1 && found[0].Kind() == '[' {
		return elements(found[0]), nil
	}
	if len(found) == 1 && found[0].Kind() == 'n' || len(found) == 0 && l.Sparse && a.body.Kind() == '{' {
		return nil, nil
	}
	return nil, fmt.Errorf("reading %s: the answer holds no list at %s", l.Name, l.Items)
}

// next is where the page after this one begins; ends tells that there is none.
func next(l *mapping.FetchList, a *answer, got []jsontext.Value, c cursor) (n cursor, ends bool) {
	n = c
	p := l.Page
	if len(got) > 0 {
		n.Pages++
		n.First = rowKey(l, got[0])
	}
	empty := len(got) == 0
	switch p.Kind {
	case "number":
		n.At++
		ends = empty
	case "offset":
		n.At += len(got)
		ends = empty
	case "last":
		n.Token, ends = "", empty
		if !empty {
			n.Token = one(got[len(got)-1], p.From)
		}
	case "link":
		n.Token = taken(p, nextLink(a.header))
		ends = n.Token == ""
	case "url":
		n.Token = taken(p, one(a.body, p.From))
		ends = n.Token == ""
	case "token":
		n.Token = one(a.body, p.From)
		ends = n.Token == "" || p.Ends && empty
	default:
		ends = true
	}
	if p.More != "" && one(a.body, p.More) == "false" {
		ends = true
	}
	return n, ends
}

// taken is what is taken of the address of the next page.
func taken(p mapping.FetchPage, link string) string {
	if p.Param == "" {
		return link
	}
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.Query().Get(p.Param)
}

// nextLink is the target of the header Link with rel="next" (RFC 8288).
func nextLink(h http.Header) string {
	for _, line := range h.Values("Link") {
		for part := range strings.SplitSeq(line, ",") {
			target, params, _ := strings.Cut(strings.TrimSpace(part), ";")
			for p := range strings.SplitSeq(params, ";") {
				name, rel, _ := strings.Cut(strings.TrimSpace(p), "=")
				if strings.EqualFold(name, "rel") && strings.EqualFold(strings.Trim(rel, `"`), "next") {
					return strings.Trim(strings.TrimSpace(target), "<>")
				}
			}
		}
	}
	return ""
}

// rowKey tells the items of a list apart.
func rowKey(l *mapping.FetchList, item jsontext.Value) string {
	if l.Key != "" {
		return one(item, l.Key)
	}
	return string(item)
}
