package rest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// Bounds of an export that the provider writes.
const (
	maxLine  = 16 << 20
	perPage  = 1000 // lines that are committed together
	maxLinks = 5    // links that are asked for without a line being read
)

// errGone is a job that the provider no longer knows.
var errGone = errors.New("the job is gone")

// export has the provider write a file of a list, and reads that.
func (e *engine) export(ctx context.Context, l *mapping.FetchList) error {
	w := &walk{e: e, list: l, mine: set{}, keys: set{}, whole: true, tokens: set{}, counted: -1}
	if place, ok := e.folder.Place(l.Name, ""); ok {
		if place.Done {
			return nil
		}
		w.at, w.written, w.whole = parseCursor(place.Cursor), place.Rows, false
	}
	for failures := 0; ; {
		before := w.at
		err := w.exported(ctx)
		switch {
		case errors.Is(err, errGone):
			w.at = w.at.anew()
			w.mine, w.whole = set{}, true
		case err != nil && !errors.As(err, new(errAgain)):
			return err
		case err == nil:
			n, ends, err := w.end(ctx, w.at)
			if err != nil {
				return err
			}
			w.at = n
			if err := w.commit(n, 0, ends); err != nil || ends {
				return err
			}
			continue
		}
		if w.at.At == before.At {
			failures++
		} else {
			failures = 0
		}
		if failures > maxLinks {
			return fmt.Errorf("reading the export of %s: %w", l.Name, err)
		}
	}
}

// exported makes a job where there is none, and reads its file from where it stands.
func (w *walk) exported(ctx context.Context) error {
	j := w.list.Job
	if w.at.Token == "" {
		r, err := w.e.call(w.e.values, "", j.Create, nil, j.Body, nil)
		if err != nil {
			return err
		}
		r.what, r.needs = "asking for an export of "+w.list.Name, w.list.Needs
		a, err := w.e.client.do(ctx, r)
		if err != nil {
			return err
		}
		if w.at.Token = one(a.body, j.ID); w.at.Token == "" {
			return fmt.Errorf("%s: the answer names no job", r.what)
		}
		if err := w.commit(w.at, 0, false); err != nil {
			return err
		}
	}
	link, err := w.link(ctx)
	if err != nil {
		return err
	}
	r := &call{
		what:   "reading the export of " + w.list.Name,
		method: http.MethodGet,
		url:    link,
		open:   true,
		stream: func(body io.Reader) error { return w.lines(body) },
	}
	_, err = w.e.client.do(ctx, r)
	if errors.As(err, new(*statusError)) || errors.As(err, new(*fetch.DeniedError)) {
		return errAgain{err} // the link ran out: another one is asked for
	}
	return err
}

// link waits for the job to end and returns where its file is.
func (w *walk) link(ctx context.Context) (*url.URL, error) {
	j := w.list.Job
	v := w.e.values
	v.item = object([]member{{"job", quoted(w.at.Token)}})
	began := time.Now()
	for wait := time.Second; ; wait = min(2*wait, maxBackoff) {
		r, err := w.e.call(v, j.Status, "", nil, "", nil)
		if err != nil {
			return nil, err
		}
		r.what, r.needs = "waiting for the export of "+w.list.Name, w.list.Needs
		a, err := w.e.client.do(ctx, r)
		if absent(err) {
			return nil, errGone
		}
		if err != nil {
			return nil, err
		}
		switch state := one(a.body, j.State); state {
		case j.Done:
			link, err := url.Parse(one(a.body, j.Link))
			if err != nil || secure(link.String()) != nil {
				return nil, fmt.Errorf("%s: the link to the file is not an https address", r.what)
			}
			return link, nil
		case j.Failed:
			return nil, fmt.Errorf("%s: the provider's job failed", r.what)
		}
		if waited := time.Since(began); waited > w.e.client.maxWait {
			return nil, fmt.Errorf(
				"%s: the provider's job has not ended after %s; the same command goes on waiting for it",
				r.what,
				waited.Round(time.Second),
			)
		}
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// lines reads a file of one item a line, packed or not, from where the list stands.
func (w *walk) lines(body io.Reader) error {
	in := bufio.NewReaderSize(body, 1<<16)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return errAgain{errors.New("the file of the export is cut off")}
		}
		in = bufio.NewReaderSize(z, 1<<16)
	}
	var page []jsontext.Value
	at := 0
	for {
		line, err := readLine(in)
		if err != nil && err != io.EOF {
			return err
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if at++; at > w.at.At {
				item := jsontext.Value(line)
				if item.Kind() != '{' || !item.IsValid(jsontext.AllowDuplicateNames(true)) {
					return fmt.Errorf("line %d of the export is not a JSON object", at)
				}
				page = append(page, item)
			}
		}
		if len(page) == perPage || err == io.EOF && len(page) > 0 {
			written, _, terr := w.take(page)
			if terr != nil {
				return terr
			}
			page = nil
			w.at.At = at
			if terr := w.commit(w.at, written, false); terr != nil {
				return terr
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// readLine reads one line of bounded length. A file that breaks off is read again.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			return nil, fmt.Errorf("a line of the export is longer than %d MiB", maxLine>>20)
		}
		line = append(line, part...)
		switch {
		case err == bufio.ErrBufferFull:
		case err == nil || err == io.EOF:
			return line, err
		default:
			return nil, errAgain{errors.New("the file of the export is cut off")}
		}
	}
}
