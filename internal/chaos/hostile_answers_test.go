package chaos

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// badAnswer is one way in which a tenant, or something in front of it, answers wrongly.
type badAnswer struct {
	name  string
	acted bool // the tenant did what was asked, and the answer is wrong all the same
	lists bool // makes sense for lists only
	play  func(r *http.Request, true *http.Response) (*http.Response, error)
}

var errReset = errors.New("connection reset by peer")

// badAnswers is the table: every status as JSON, as a proxy's page, empty, cut
// and of the wrong type; successes that can't be read; connections that break,
// drip or hang; redirects; lists that never end.
func badAnswers() []badAnswer {
	var all []badAnswer
	for _, status := range []int{400, 401, 403, 404, 409, 410, 413, 418, 429, 500, 502, 503} {
		code := strings.ToUpper(strings.ReplaceAll(http.StatusText(status), " ", "_"))
		for _, b := range []struct{ name, kind, text string }{
			{"JSON", "application/json", fmt.Sprintf(`{"errors":[{"code":%q,"message":"No."}]}`, strings.ReplaceAll(code, "'", ""))},
			{"HTML", "text/html", "<html><body><h1>" + http.StatusText(status) + "</h1></body></html>"},
			{"empty", "", ""},
			{"cut", "application/json", `{"errors":[{"code":"NOT_FO`},
			{"other type", "application/json", `{"errors":17}`},
		} {
			all = append(all, badAnswer{name: fmt.Sprintf("%d %s", status, b.name), play: fixed(status, b.kind, b.text)})
			if status >= 500 && b.name != "other type" {
				all = append(
					all,
					badAnswer{name: fmt.Sprintf("%d %s after it acted", status, b.name), acted: true, play: fixed(status, b.kind, b.text)},
				)
			}
		}
	}
	for _, b := range []struct{ name, kind, text string }{
		{"empty", "", ""}, {"HTML", "text/html", "<html><body>Please log in</body></html>"}, {"list for object", "application/json", "[1,2]"},
		{"text for object", "application/json", `"maintenance"`}, {"other object", "application/json", `{"message":"maintenance"}`},
	} {
		all = append(all,
			badAnswer{name: "200 " + b.name + " after it acted", acted: true, play: fixed(200, b.kind, b.text)},
			badAnswer{name: "200 " + b.name, play: fixed(200, b.kind, b.text)})
	}
	return append(all,
		badAnswer{name: "200 cut in the middle", acted: true, play: func(_ *http.Request, a *http.Response) (*http.Response, error) {
			whole, _ := io.ReadAll(a.Body)
			a.Body = io.NopCloser(io.MultiReader(bytes.NewReader(whole[:len(whole)/2]), broken{}))
			return a, nil
		}},
		badAnswer{name: "64 MB", acted: true, play: func(_ *http.Request, a *http.Response) (*http.Response, error) {
			a.Body, a.ContentLength = io.NopCloser(
				io.MultiReader(strings.NewReader(`{"users":"`), io.LimitReader(endless{}, 64<<20), strings.NewReader(`"}`)),
			), -1
			return a, nil
		}},
		badAnswer{name: "dripping", acted: true, play: func(r *http.Request, a *http.Response) (*http.Response, error) {
			whole, _ := io.ReadAll(a.Body)
			a.Body = io.NopCloser(&drip{r, whole})
			return a, nil
		}},
		badAnswer{name: "no answer", acted: true, play: func(r *http.Request, _ *http.Response) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}},
		badAnswer{name: "reset before", play: func(*http.Request, *http.Response) (*http.Response, error) { return nil, errReset }},
		badAnswer{name: "reset after", acted: true, play: func(*http.Request, *http.Response) (*http.Response, error) { return nil, errReset }},
		badAnswer{name: "redirect to another host", play: func(r *http.Request, _ *http.Response) (*http.Response, error) {
			a, err := fixed(302, "text/html", "")(r, nil)
			a.Header.Set("Location", "https://elsewhere.example/api")
			return a, err
		}},
		badAnswer{name: "redirect to itself", play: func(r *http.Request, _ *http.Response) (*http.Response, error) {
			a, err := fixed(307, "text/html", "")(r, nil)
			a.Header.Set("Location", r.URL.String())
			return a, err
		}},
		badAnswer{name: "the same page again", acted: true, lists: true},
	)
}

func fixed(status int, kind, body string) func(*http.Request, *http.Response) (*http.Response, error) {
	return func(r *http.Request, _ *http.Response) (*http.Response, error) {
		h := http.Header{"Date": {time.Now().UTC().Format(http.TimeFormat)}}
		if kind != "" {
			h.Set("Content-Type", kind)
		}
		if status == http.StatusTooManyRequests {
			h.Set("Ratelimit-Reset", "1")
		}
		return &http.Response{
			Status:        fmt.Sprint(status, " ", http.StatusText(status)),
			StatusCode:    status,
			Proto:         "HTTP/1.1",
			ProtoMajor:    1,
			ProtoMinor:    1,
			Header:        h,
			Body:          io.NopCloser(strings.NewReader(body)),
			ContentLength: int64(len(body)),
			Request:       r,
		}, nil
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errReset }

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// drip gives a byte a second, as long as anybody waits for it.
type drip struct {
	r    *http.Request
	left []byte
}

func (d *drip) Read(p []byte) (int, error) {
	if len(d.left) == 0 {
		return 0, io.EOF
	}
	select {
	case <-time.After(time.Second):
	case <-d.r.Context().Done():
		return 0, d.r.Context().Err()
	}
	p[0], d.left = d.left[0], d.left[1:]
	return 1, nil
}

// hostileWire stands before a tenant and answers some calls wrongly.
type hostileWire struct {
	next http.RoundTripper

	mu        sync.Mutex
	calls     map[string]int // by operation
	operation string         // whose calls are answered wrongly; "": none
	at        int            // which of them, 1-based; 0: all
	answer    badAnswer
	first     map[string][]byte // the first page of a list
	writes    int
	leaked    string // a request that must not have been made
}

func newHostileWire(t *sandbox.Tenant) *hostileWire {
	return &hostileWire{next: sandbox.Transport(t), calls: map[string]int{}, first: map[string][]byte{}}
}

// RoundTrip answers one request.
func (w *hostileWire) RoundTrip(r *http.Request) (*http.Response, error) {
	if host := r.URL.Hostname(); host != "127.0.0.1" {
		w.mu.Lock()
		w.leaked = fmt.Sprintf("%s %s, Authorization %t", r.Method, r.URL, r.Header.Get("Authorization") != "")
		w.mu.Unlock()
		return fixed(200, "application/json", `{}`)(r, nil)
	}
	operation := sandbox.Operation(r)
	w.mu.Lock()
	if operation != "" {
		w.calls[operation]++
		if r.Method != http.MethodGet {
			w.writes++
		}
	}
	wrong := operation != "" && operation == w.operation && (w.at == 0 || w.at == w.calls[operation])
	w.mu.Unlock()
	if !wrong {
		return w.next.RoundTrip(r)
	}
	if w.answer.play == nil {
		return w.again(operation, r)
	}
	if !w.answer.acted {
		return w.answer.play(r, nil)
	}
	right, err := w.next.RoundTrip(r)
	if err != nil {
		return right, err
	}
	return w.answer.play(r, right)
}

// again answers a list with its first page, whatever page was asked for.
func (w *hostileWire) again(operation string, r *http.Request) (*http.Response, error) {
	key := operation + " " + r.URL.Path
	w.mu.Lock()
	page := w.first[key]
	w.mu.Unlock()
	if page == nil {
		a, err := w.next.RoundTrip(r)
		if err != nil {
			return a, err
		}
		page, err = io.ReadAll(a.Body)
		if err != nil {
			return nil, err
		}
		w.mu.Lock()
		w.first[key] = page
		w.mu.Unlock()
	}
	return fixed(200, "application/json", string(page))(r, nil)
}
