// Package dashboard serves the report of a job while it runs: read-only, on
// loopback, behind a token in the URL. It asks for a page and shows it; it
// never reads a checkpoint and never changes anything.
package dashboard

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/loopback"
	"github.com/kinde-migrate/kinde-migrate/internal/report/page"
)

// Page returns the report as it is now.
type Page func(ctx context.Context) (*page.Page, error)

// ErrNotLoopback tells that the address is reachable from other machines.
var ErrNotLoopback = errors.New("the dashboard listens on loopback only")

// Server is a running dashboard.
type Server struct {
	URL string // with the token; whoever has it can read the report

	server *http.Server
	done   chan error
}

// freshness is how long a rendered page is shown again before it is made anew,
// so that many viewers cost no more than one.
const freshness = time.Second

// Serve listens on address ("127.0.0.1:0") until Close.
func Serve(ctx context.Context, address string, current Page) (*Server, error) {
	return serve(ctx, address, current, freshness)
}

func serve(ctx context.Context, address string, current Page, fresh time.Duration) (*Server, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("reading the dashboard's address %q: %w", address, err)
	}
	if !loopback.Host(host) {
		return nil, fmt.Errorf("%q: %w", address, ErrNotLoopback)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for the dashboard on %s: %w", address, err)
	}
	h := &handler{current: current, keep: fresh, token: rand.Text(), host: listener.Addr().String()}
	s := &Server{
		URL:    "http://" + h.host + "/" + h.token + "/",
		server: &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }},
		done:   make(chan error, 1),
	}
	go func() { s.done <- s.server.Serve(listener) }()
	return s, nil
}

// Close stops the server and waits for it.
func (s *Server) Close() error {
	err := s.server.Close()
	if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
		return errors.Join(err, served)
	}
	return err
}

type handler struct {
	current Page
	keep    time.Duration
	token   string
	host    string

	mu    sync.Mutex
	shown rendering
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A name that resolves to loopback must not open the report to a web page.
	if r.Host != h.host {
		http.Error(w, "this address is not served", http.StatusMisdirectedRequest)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "the dashboard is read-only", http.StatusMethodNotAllowed)
		return
	}
	html, report := "/"+h.token+"/", "/"+h.token+"/report.json"
	wantHTML := subtle.ConstantTimeCompare([]byte(r.URL.Path), []byte(html)) == 1
	wantJSON := subtle.ConstantTimeCompare([]byte(r.URL.Path), []byte(report)) == 1
	if !wantHTML && !wantJSON {
		http.NotFound(w, r)
		return
	}
	body, document, err := h.fresh(r.Context())
	if err != nil {
		http.Error(w, "the report can't be read now", http.StatusServiceUnavailable)
		return
	}
	head := w.Header()
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("X-Frame-Options", "DENY")
	if wantJSON {
		head.Set("Content-Type", "application/json")
		body = document
	} else {
		head.Set("Content-Type", "text/html; charset=utf-8")
	}
	_, _ = w.Write(body) // a viewer that went away is not our failure
}

// fresh renders the report, or takes it from a moment ago. Nobody waits for
// another viewer's reading of the checkpoint: two at once read it twice.
func (h *handler) fresh(ctx context.Context) (html, document []byte, err error) {
	h.mu.Lock()
	shown := h.shown
	h.mu.Unlock()
	if shown.page == nil || time.Since(shown.at) >= h.keep {
		p, err := h.current(ctx)
		if err != nil {
			return nil, nil, err
		}
		p.Live = true
		rendered, err := p.HTML()
		if err != nil {
			return nil, nil, err
		}
		shown = rendering{page: p, html: rendered, at: time.Now()}
		h.mu.Lock()
		h.shown = shown
		h.mu.Unlock()
	}
	document, err = json.MarshalIndent(shown.page.Report, "", "  ")
	return shown.html, document, err
}

// rendering is the report as it was at a moment.
type rendering struct {
	at   time.Time
	page *page.Page
	html []byte
}
