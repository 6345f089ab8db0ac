package sandbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/loopback"
)

// ListenOptions says where a tenant is served.
type ListenOptions struct {
	Address string // "127.0.0.1:8080"; port 0 picks a free one
	TLS     bool
	// CAFile is where the certificate of the authority goes that signed the
	// server's, for KINDE_CA_FILE and NODE_EXTRA_CA_CERTS. Required with TLS.
	CAFile string
	Tenant Options // BaseURL is set from the address
}

// Server is a tenant that is being served.
type Server struct {
	Tenant *Tenant
	URL    string // "http://127.0.0.1:8080"
	CAFile string // "" without TLS

	http  *http.Server
	stop  context.CancelFunc // ends the serving
	abort context.CancelFunc // ends what hangs
	done  chan error
}

// ErrNotLoopback refuses an address that other machines can reach.
var ErrNotLoopback = errors.New("the sandbox listens on loopback only")

// Listen opens the tenant and serves it on a loopback address until ctx ends
// or Close is called. Wait tells the end.
func Listen(ctx context.Context, opt ListenOptions) (*Server, error) {
	host, _, err := net.SplitHostPort(opt.Address)
	if err != nil || !loopback.Host(host) {
		return nil, fmt.Errorf("%w, not on %q", ErrNotLoopback, opt.Address)
	}
	var config net.ListenConfig
	socket, err := config.Listen(ctx, "tcp", opt.Address)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", opt.Address, err)
	}
	scheme := "http"
	if opt.TLS {
		scheme = "https"
	}
	opt.Tenant.BaseURL = scheme + "://" + socket.Addr().String()
	s := &Server{URL: opt.Tenant.BaseURL, done: make(chan error, 1)}
	if opt.TLS {
		s.CAFile = opt.CAFile
		certificate, err := issueCertificate(opt.CAFile, host)
		if err != nil {
			socket.Close()
			return nil, err
		}
		// HTTP/1.1 only: faults reset whole connections.
		socket = tls.NewListener(
			socket,
			&tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}},
		)
	}
	if s.Tenant, err = Open(opt.Tenant); err != nil {
		socket.Close()
		return nil, err
	}
	serving, stop := context.WithCancel(ctx)
	requests, abort := context.WithCancel(context.WithoutCancel(ctx))
	s.stop, s.abort = stop, abort
	s.http = &http.Server{
		Handler: s.Tenant, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: log.New(io.Discard, "", 0), BaseContext: func(net.Listener) context.Context { return requests },
	}
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(socket) }()
	go func() { s.done <- s.run(serving, served) }()
	return s, nil
}

// run waits for the end, lets requests finish for a moment and closes the
// tenant when nobody writes to it any more.
func (s *Server) run(serving context.Context, served <-chan error) error {
	defer s.abort()
	defer s.stop()
	var err error
	select {
	case err = <-served:
	case <-serving.Done():
		grace, cancel := context.WithTimeout(context.WithoutCancel(serving), 2*time.Second)
		defer cancel()
		if s.http.Shutdown(grace) != nil {
			s.abort()
			s.http.Close()
		}
		err = <-served
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, s.Tenant.Close())
}

// Wait blocks until the server has ended and its state is closed. It may be
// called once.
func (s *Server) Wait() error { return <-s.done }

// Close ends the server and waits for it; it takes the place of Wait.
func (s *Server) Close() error {
	s.stop()
	return s.Wait()
}
