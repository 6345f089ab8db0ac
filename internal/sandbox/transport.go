package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// Transport carries requests to a handler without a socket, so that virtual
// time of testing/synctest passes while it waits. Cancelling a request ends
// it at the caller's side; the handler sees its context end.
func Transport(h http.Handler) http.RoundTripper { return &memory{h} }

type memory struct{ handler http.Handler }

type memoryWriter struct {
	header  http.Header
	sent    http.Header
	status  int
	body    bytes.Buffer
	dropped error // the connection went away before or in the middle of the answer
}

func (w *memoryWriter) Header() http.Header { return w.header }

func (w *memoryWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *memoryWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

type result struct {
	answer *http.Response
	err    error
}

func (m *memory) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:1"
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	in.Body = http.NoBody
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return nil, err
		}
		in.Body = io.NopCloser(bytes.NewReader(body))
	}
	answers := make(chan result, 1)
	go func() {
		w := &memoryWriter{header: http.Header{}}
		m.handler.ServeHTTP(w, in)
		answers <- w.result(r)
	}()
	select {
	case got := <-answers:
		return got.answer, got.err
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func (w *memoryWriter) result(r *http.Request) result {
	if w.dropped != nil && w.status == 0 {
		return result{err: w.dropped}
	}
	w.WriteHeader(http.StatusOK)
	var body io.Reader = &w.body
	length := int64(w.body.Len())
	if text := w.sent.Get("Content-Length"); text != "" {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			length = n
		}
	}
	if w.dropped != nil {
		body = io.MultiReader(&w.body, failing{w.dropped})
	}
	return result{answer: &http.Response{
		Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: io.NopCloser(body), ContentLength: length, Request: r,
	}}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
