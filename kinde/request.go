package kinde

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-json-experiment/json"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
)

// request is one call of an operation, as the methods of Client describe it.
type request struct {
	op       string
	path     params
	id       string // the query parameter id, which must not be empty
	query    query
	body     any         // encoded as JSON; nil: no body
	out      any         // decoded into; nil: the answer's body doesn't matter
	optional bool        // an answer without a body will do
	complete func() bool // whether out holds what it must; nil: it does
}

type params []string

type parameter struct{ name, value string }

type query []parameter

func (q query) add(name, value string) query { return append(q, parameter{name, value}) }

func (q query) optional(name, value string) query {
	if value == "" {
		return q
	}
	return q.add(name, value)
}

func (q query) list(name string, values []string) query {
	return q.optional(name, strings.Join(values, ","))
}

// encode renders the query with %20 for a space, which every reader takes, and
// commas escaped.
func (q query) encode() string {
	var b strings.Builder
	for i, p := range q {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.name)
		b.WriteByte('=')
		b.WriteString(escapeQuery(p.value))
	}
	return b.String()
}

func escapeQuery(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// target returns the URL of the request. A path parameter that is empty or
// would change the path (".", "..") is refused: deleting something about
// nobody might delete something about everybody.
func (r *request) target(base *url.URL, o *operation.Operation) (*url.URL, error) {
	u := *base
	if r.id == "" && (r.op == operation.GetUserData || r.op == operation.UpdateUser || r.op == operation.DeleteUser) {
		return nil, errors.New("the user's id is empty")
	}
	if strings.Count(o.Path, "%s") != len(r.path) {
		return nil, fmt.Errorf("%d path parameters for %s", len(r.path), o.Path)
	}
	if len(r.path) == 0 {
		u.Path = o.Path
	} else {
		plain, escaped := make([]any, len(r.path)), make([]any, len(r.path))
		for i, p := range r.path {
			if p == "" || p == "." || p == ".." {
				return nil, fmt.Errorf("%q can't stand in the path %s", p, o.Path)
			}
			plain[i], escaped[i] = p, url.PathEscape(p)
		}
		u.Path = fmt.Sprintf(o.Path, plain...)
		if raw := fmt.Sprintf(o.Path, escaped...); raw != u.Path {
			u.RawPath = raw
		}
	}
	q := r.query
	if r.id != "" {
		q = append(query{{"id", r.id}}, q...)
	}
	u.RawQuery = q.encode()
	return &u, nil
}

// buffers are shared by requests and answers. Big ones are left to the garbage
// collector, so that one large page doesn't stay for the rest of the run.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const keptBuffer = 1 << 20

func getBuffer() *bytes.Buffer { return buffers.Get().(*bytes.Buffer) }

func putBuffer(b *bytes.Buffer) {
	if b.Cap() <= keptBuffer {
		b.Reset()
		buffers.Put(b)
	}
}

// payload is an encoded body. A transport may still read from a body after it
// answered, so the buffer goes back to the pool only when everyone let go.
type payload struct {
	buf  *bytes.Buffer
	refs atomic.Int32
}

func encode(v any) (*payload, error) {
	p := &payload{buf: getBuffer()}
	p.refs.Store(1)
	if err := json.MarshalWrite(p.buf, v, encoding); err != nil {
		p.release()
		// The error's text may quote the value; say only what kind it is.
		return nil, errors.New("a value of the request can't be written as JSON (is all text valid UTF-8?)")
	}
	return p, nil
}

func (p *payload) release() {
	if p != nil && p.refs.Add(-1) == 0 {
		putBuffer(p.buf)
	}
}

func (p *payload) open() io.ReadCloser {
	p.refs.Add(1)
	return &payloadReader{p: p, rest: p.buf.Bytes()}
}

type payloadReader struct {
	mu   sync.Mutex
	p    *payload // nil once closed
	rest []byte
}

func (r *payloadReader) Read(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.p == nil {
		return 0, errors.New("read of a closed request body")
	}
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *payloadReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.p != nil {
		r.p.release()
		r.p, r.rest = nil, nil
	}
	return nil
}
