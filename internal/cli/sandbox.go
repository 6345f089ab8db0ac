package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	urfave "github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

type sandboxOptions struct {
	listen                     string
	tls, live, bare, fsync     bool
	tlsDir                     string
	state, define, faults      string
	seedUsers, burst, inFlight int
	rateLimit, limitHeader     string
	window, latency, lifetime  time.Duration
	sliding                    bool
	changes                    []string
	duplicateAnswer            string
	quirks, scopes             []string
	seed                       int
	clientID, clientSecretFile string
	name                       string
	quiet                      bool
}

func newSandbox(e *env) *command {
	o := &sandboxOptions{}
	const conditions, contents = "How it behaves", "What it holds"
	return &command{
		name:  "sandbox",
		short: "Run a local tenant to rehearse against",
		long: "Serves the Management API operations that a migration uses, on this machine only. It prints its address and credentials as export lines " +
			"and runs until Ctrl-C. POST /sandbox/sign-in tells whether somebody could sign in, by really verifying the imported hash: " +
			"it shows that the conversion is sound by our reading of the vendor's description; it is not the vendor.",
		examples: []example{
			{"A tenant that throttles", "kinde-migrate sandbox --listen 127.0.0.1:8080 --rate-limit 50 --burst 20"},
			{"Look into the tenant of an import with --sandbox", "kinde-migrate sandbox --state users.ndjson.sandbox.tenant"},
			{"Sign somebody in", `curl -d '{"identity":"ana@example.com","password":"…"}' http://127.0.0.1:8080/sandbox/sign-in`},
			{"A limit that halves after 30 seconds", "kinde-migrate sandbox --rate-limit 50 --limit-change 25@30s"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage},
		flags: []urfave.Flag{
			strFlag(&o.listen, "", "listen", "127.0.0.1:8080", "loopback `ADDRESS` to listen on; port 0 chooses one"),
			boolFlag(&o.tls, "", "tls", "serve https with a certificate made for this run"),
			strFlag(&o.tlsDir, "", "tls-dir", "", "`DIR` for the certificate; the folder of --state, or a temporary one, unless given"),
			boolFlag(&o.quiet, "", "quiet", "print the export lines and nothing else", "q"),
			strFlag(&o.state, contents, "state", "", "`FILE` that keeps the tenant between runs; it holds what was imported, hashes included"),
			boolFlag(&o.fsync, contents, "fsync", "let the state survive a crash of the machine too"),
			intFlag(&o.seedUsers, contents, "seed-users", 0, "begin with `N` invented users"),
			strFlag(&o.define, contents, "define", "", "`FILE` (YAML) with organizations, roles, permissions, properties, flags, connections to begin with"),
			boolFlag(&o.bare, contents, "bare", "begin without social connections and property categories"),
			boolFlag(&o.live, contents, "live", "call itself a live environment"),
			strFlag(&o.name, contents, "name", "Sandbox", "`NAME` of the environment"),
			strFlag(&o.clientID, contents, "client-id", "", "`ID` of the M2M application; drawn unless given"),
			strFlag(&o.clientSecretFile, contents, "client-secret-file", "", "`FILE` that holds its secret; drawn unless given"),
			intFlag(&o.seed, contents, "seed", 0, "`N` other than 0 gives the same ids and credentials in every run"),
			strFlag(&o.rateLimit, conditions, "rate-limit", "", "requests a second that are answered, `N`; with --window, requests a window"),
			intFlag(&o.burst, conditions, "burst", 0, "`N` requests at once before the rate limit bites"),
			durationFlag(&o.window, conditions, "window", 0, "count requests in fixed windows of this `DURATION`"),
			boolFlag(&o.sliding, conditions, "sliding", "let the window slide"),
			intFlag(&o.inFlight, conditions, "max-in-flight", 0, "answer 429 to more than `N` requests at once"),
			listFlag(&o.changes, conditions, "limit-change", "another rate limit after a time, `N@DURATION`"),
			strFlag(&o.limitHeader, conditions, "limit-header", "ratelimit-reset", "how a 429 says when to come back, `HEADER`: ratelimit-reset, retry-after, retry-after-date or none"),
			durationFlag(&o.latency, conditions, "latency", 0, "`DURATION` that each answer takes"),
			strFlag(&o.faults, conditions, "faults", "", "`FILE` (YAML) that says what goes wrong"),
			strFlag(&o.duplicateAnswer, conditions, "duplicate-answer", "created-false", "`ANSWER` to a create of somebody who exists: created-false, 400 or 409"),
			durationFlag(&o.lifetime, conditions, "token-lifetime", time.Hour, "`DURATION` until a token expires"),
			listFlag(&o.scopes, conditions, "scope", "`SCOPE` that tokens have; all unless given"),
			listFlag(&o.quirks, conditions, "quirk", "`NAME` of a loosely documented behaviour: "+strings.Join(quirkNames(), ", ")),
		},
		run: func(ctx context.Context, _ *invocation) error { return runSandbox(ctx, e, o) },
	}
}

// quirkSetters are the behaviours that --quirk turns on.
var quirkSetters = []struct {
	name string
	set  func(*sandbox.Quirks)
}{
	{"email-filter-primary-only", func(q *sandbox.Quirks) { q.EmailFilterPrimaryOnly = true }},
	{"email-filter-exact-case", func(q *sandbox.Quirks) { q.EmailFilterExactCase = true }},
	{"ignore-unknown-roles", func(q *sandbox.Quirks) { q.IgnoreUnknownRoles = true }},
	{"no-default-membership", func(q *sandbox.Quirks) { q.NoDefaultMembership = true }},
	{"refuse-large-pages", func(q *sandbox.Quirks) { q.RefuseLargePages = true }},
	{"pages-of-100", func(q *sandbox.Quirks) { q.MaxPageSize = 100 }},
	{"wrapped-connections", func(q *sandbox.Quirks) { q.WrappedConnections = true }},
	{"prefixed-identity-types", func(q *sandbox.Quirks) { q.PrefixedIdentityTypes = true }},
	{"errors-as-object", func(q *sandbox.Quirks) { q.ErrorsAsObject = true }},
	{"created-false-without-id", func(q *sandbox.Quirks) { q.CreatedFalseWithoutID = true }},
	{"create-answers-201", func(q *sandbox.Quirks) { q.CreateAnswers201 = true }},
	{"nulls-for-empty", func(q *sandbox.Quirks) { q.NullsForEmpty = true }},
	{"unique-provided-id", func(q *sandbox.Quirks) { q.UniqueProvidedID = true }},
	{"create-without-phones", func(q *sandbox.Quirks) { q.CreateWithoutPhones = true }},
	{"national-phones", func(q *sandbox.Quirks) { q.NationalPhones = true }},
	{"unknown-answers-404", func(q *sandbox.Quirks) { q.UnknownAnswers404 = true }},
}

func quirkNames() []string {
	names := make([]string, len(quirkSetters))
	for i, q := range quirkSetters {
		names[i] = q.name
	}
	return names
}

// tenant turns the flags into the sandbox's own options.
func (o *sandboxOptions) tenant(base string) (sandbox.Options, error) {
	t := sandbox.Options{
		BaseURL: base, State: o.state, Fsync: o.fsync, Seed: uint64(max(o.seed, 0)), Name: o.name, Live: o.live, Demo: !o.bare,
		SeedUsers: o.seedUsers, Latency: o.latency, DuplicateAnswer: o.duplicateAnswer, TokenLifetime: o.lifetime,
		ClientID: o.clientID,
		Limits: sandbox.Limits{
			Burst: o.burst, Window: o.window, Sliding: o.sliding, MaxInFlight: o.inFlight, Header: sandbox.HintHeader(o.limitHeader),
		},
	}
	if len(o.scopes) > 0 {
		t.Scopes = o.scopes
	}
	var err error
	if t.Limits.Rate, err = parseRate("--rate-limit", o.rateLimit); err != nil {
		return t, err
	}
	for _, c := range o.changes {
		rate, after, ok := strings.Cut(c, "@")
		d, derr := time.ParseDuration(after)
		r, rerr := parseRate("--limit-change", rate)
		if !ok || derr != nil || rerr != nil {
			return t, usagef("--limit-change 25@30s", "--limit-change %q is not a rate and a time", c)
		}
		t.Limits.Changes = append(t.Limits.Changes, sandbox.LimitChange{Rate: r, After: d})
	}
	for _, name := range o.quirks {
		found := false
		for _, q := range quirkSetters {
			if q.name == name {
				q.set(&t.Quirks)
				found = true
			}
		}
		if !found {
			return t, usagef(suggest("--quirk ", name, quirkNames()), "unknown quirk %q", name)
		}
	}
	if o.clientSecretFile != "" {
		if t.ClientSecret, err = readSecretFile(o.clientSecretFile); err != nil {
			return t, err
		}
	}
	if o.define != "" {
		if t.Definitions, err = sandbox.ReadDefinitions(o.define); err != nil {
			return t, usagef("", "%w", err)
		}
	}
	if o.faults != "" {
		if t.Faults, err = sandbox.ReadFaults(o.faults); err != nil {
			return t, usagef("", "%w", err)
		}
	}
	if o.faults != "" {
		if t.Faults, err = sandbox.ReadFaults(o.faults); err != nil {
			return t, usagef("", "%w", err)
		}
	}
	return t, nil
}

// parseRate reads a number of requests; "" and 0 mean no limit.
func parseRate(flag, text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 0 || n > 1e9 {
		return 0, usagef(flag+" 50", "%s %q is not a number of requests", flag, text)
	}
	return n, nil
}

func runSandbox(ctx context.Context, e *env, o *sandboxOptions) (err error) {
	host, _, err := net.SplitHostPort(o.listen)
	if err != nil || !loopback(host) {
		return usagef("--listen 127.0.0.1:8080", "the sandbox listens on loopback only, not on %q", o.listen)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", o.listen)
	if err != nil {
		return failf("choose another port with --listen 127.0.0.1:0", "listening on %s: %w", o.listen, err)
	}
	defer listener.Close()
	scheme := "http"
	if o.tls {
		scheme = "https"
	}
	options, err := o.tenant(scheme + "://" + listener.Addr().String())
	if err != nil {
		return err
	}
	tenant, err := openTenant(options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tenant.Close()) }()

	server := &http.Server{Handler: tenant, ReadHeaderTimeout: 10 * time.Second}
	exports := [][2]string{
		{"KINDE_DOMAIN", tenant.BaseURL()},
		{"KINDE_MANAGEMENT_CLIENT_ID", tenant.ClientID},
		{"KINDE_MANAGEMENT_CLIENT_SECRET", tenant.ClientSecret},
	}
	if o.tls {
		certificate, caFile, cleanup, err := o.certificate(host)
		if err != nil {
			return err
		}
		defer cleanup()
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
		exports = append(exports, [2]string{"KINDE_CA_FILE", caFile}, [2]string{"NODE_EXTRA_CA_CERTS", caFile})
	}
	for _, x := range exports {
		if _, err := fmt.Fprintf(e.io.Out, "export %s=%s\n", x[0], shellQuote(x[1])); err != nil {
			return err
		}
	}
	if !o.quiet {
		fmt.Fprintf(e.io.Err, "The sandbox listens on %s. Press Ctrl-C to stop it.\nSign somebody in: curl %s-d '{\"identity\":\"ana@example.com\",\"password\":\"…\"}' %s/sandbox/sign-in\n",
			tenant.BaseURL(), map[bool]string{true: "--cacert \"$KINDE_CA_FILE\" "}[o.tls], tenant.BaseURL())
	}
	return serve(ctx, server, listener)
}

// serve answers until ctx ends, which is how a sandbox is meant to end.
func serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		var err error
		if server.TLSConfig != nil {
			err = server.ServeTLS(listener, "", "")
		} else {
			err = server.Serve(listener)
		}
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return fmt.Errorf("serving: %w", err)
	})
	g.Go(func() error {
		<-gctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if err := server.Shutdown(stop); err != nil {
			return server.Close()
		}
		return nil
	})
	return g.Wait()
}

// openTenant opens a sandbox; a state that can't be used is a mistake of the caller.
func openTenant(o sandbox.Options) (*sandbox.Tenant, error) {
	t, err := sandbox.Open(o)
	if err == nil {
		return t, nil
	}
	if o.State != "" {
		return nil, checkpointf("name another file with --state, or end the sandbox that uses it", "opening the sandbox's state %s: %w", filepath.ToSlash(o.State), err)
	}
	return nil, usagef("", "starting the sandbox: %w", err)
}

// shellQuote quotes text for a POSIX shell.
func shellQuote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/:._-=@%+,", r))
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// loopback tells whether only this machine can reach the host.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
