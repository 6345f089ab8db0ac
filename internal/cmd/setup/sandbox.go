package setup

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/spill"
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

func NewSandbox(e *cli.Env) *cli.Command {
	o := &sandboxOptions{}
	const conditions, contents = "How it behaves", "What it holds"
	return &cli.Command{
		Name:  "sandbox",
		Short: "Run a local tenant to rehearse against",
		Long: "Serves the Management API operations that a migration uses, on this machine only. It prints its address and credentials as export lines " +
			"and runs until Ctrl-C. POST /sandbox/sign-in says whether somebody can sign in, by really verifying the imported hash: " +
			"it shows that the conversion is correct by our reading of the vendor's description, but it is not the vendor.",
		Examples: []cli.Example{
			{What: "A tenant that throttles", Line: "kinde-migrate sandbox --listen 127.0.0.1:8080 --rate-limit 50 --burst 20"},
			{What: "Open the tenant of an import with --sandbox", Line: "kinde-migrate sandbox --state users.ndjson.sandbox.tenant"},
			{What: "Sign somebody in", Line: `curl -d '{"identity":"ana@example.com","password":"…"}' http://127.0.0.1:8080/sandbox/sign-in`},
			{What: "A limit that halves after 30 seconds", Line: "kinde-migrate sandbox --rate-limit 50 --limit-change 25@30s"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage},
		Flags: []cli.Flag{
			cli.StringFlag(&o.listen, "", "listen", "127.0.0.1:8080", "loopback `ADDRESS` to listen on; port 0 chooses one"),
			cli.BoolFlag(&o.tls, "", "tls", "serve https with a certificate made for this run"),
			cli.StringFlag(&o.tlsDir, "", "tls-dir", "", "`DIR` for the certificate; default the folder of --state, or a temporary one"),
			cli.BoolFlag(&o.quiet, "", "quiet", "print the export lines and nothing else", "q"),
			cli.StringFlag(
				&o.state,
				contents,
				"state",
				"",
				"`FILE` that keeps the tenant between runs; it contains what was imported, hashes included",
			),
			cli.BoolFlag(&o.fsync, contents, "fsync", "keep the state even if the machine crashes"),
			cli.IntFlag(&o.seedUsers, contents, "seed-users", 0, "start with `N` invented users"),
			cli.StringFlag(
				&o.define,
				contents,
				"define",
				"",
				"`FILE` (YAML) with organizations, roles, permissions, properties, flags, connections to start with",
			),
			cli.BoolFlag(&o.bare, contents, "bare", "start without social connections and property categories"),
			cli.BoolFlag(&o.live, contents, "live", "call itself a live environment"),
			cli.StringFlag(&o.name, contents, "name", "Sandbox", "`NAME` of the environment"),
			cli.StringFlag(&o.clientID, contents, "client-id", "", "`ID` of the M2M application; default random"),
			cli.StringFlag(&o.clientSecretFile, contents, "client-secret-file", "", "`FILE` that holds its secret; default random"),
			cli.IntFlag(&o.seed, contents, "seed", 0, "`N` other than 0 gives the same ids and credentials in every run"),
			cli.StringFlag(&o.rateLimit, conditions, "rate-limit", "", "answer `N` requests per second; with --window, per window"),
			cli.IntFlag(&o.burst, conditions, "burst", 0, "`N` requests at once before the rate limit applies"),
			cli.DurationFlag(&o.window, conditions, "window", 0, "count requests in fixed windows of this `DURATION`"),
			cli.BoolFlag(&o.sliding, conditions, "sliding", "let the window slide"),
			cli.IntFlag(&o.inFlight, conditions, "max-in-flight", 0, "answer 429 to more than `N` requests at once"),
			cli.ListFlag(&o.changes, conditions, "limit-change", "change the rate limit after a time, `N@DURATION`"),
			cli.StringFlag(
				&o.limitHeader,
				conditions,
				"limit-header",
				"ratelimit-reset",
				"`HEADER` of a 429 that says when to try again: ratelimit-reset, retry-after, retry-after-date or none",
			),
			cli.DurationFlag(&o.latency, conditions, "latency", 0, "`DURATION` that each answer takes"),
			cli.StringFlag(&o.faults, conditions, "faults", "", "`FILE` (YAML) that says what goes wrong"),
			cli.StringFlag(
				&o.duplicateAnswer,
				conditions,
				"duplicate-answer",
				"created-false",
				"`ANSWER` to a create of somebody who exists: created-false, 400 or 409",
			),
			cli.DurationFlag(&o.lifetime, conditions, "token-lifetime", time.Hour, "`DURATION` until a token expires"),
			cli.ListFlag(&o.scopes, conditions, "scope", "`SCOPE` that tokens have; default all"),
			cli.ListFlag(
				&o.quirks,
				conditions,
				"quirk",
				"`NAME` of a behaviour that Kinde doesn't document clearly: "+strings.Join(quirkNames(), ", "),
			),
		},
		Run: func(ctx context.Context, _ *cli.Invocation) error { return runSandbox(ctx, e, o) },
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
func (o *sandboxOptions) tenant() (sandbox.Options, error) {
	t := sandbox.Options{
		State: o.state, Fsync: o.fsync, Seed: uint64(max(o.seed, 0)), Name: o.name, Live: o.live, Demo: !o.bare,
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
	if t.Limits.Rate, err = cli.ParseRate("--rate-limit", o.rateLimit); err != nil {
		return t, err
	}
	for _, c := range o.changes {
		rate, after, ok := strings.Cut(c, "@")
		d, derr := time.ParseDuration(after)
		r, rerr := cli.ParseRate("--limit-change", rate)
		if !ok || derr != nil || rerr != nil {
			return t, cli.Usagef("--limit-change 25@30s", "--limit-change %q is not a rate and a time", c)
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
			return t, cli.Usagef(cli.Suggest("--quirk ", name, quirkNames()), "unknown quirk %q", name)
		}
	}
	if o.clientSecretFile != "" {
		if t.ClientSecret, err = cli.ReadSecretFile(o.clientSecretFile); err != nil {
			return t, err
		}
	}
	if o.define != "" {
		if t.Definitions, err = sandbox.ReadDefinitions(o.define); err != nil {
			return t, cli.Usagef("", "%w", err)
		}
	}
	if o.faults != "" {
		if t.Faults, err = sandbox.ReadFaults(o.faults); err != nil {
			return t, cli.Usagef("", "%w", err)
		}
	}
	return t, nil
}

func runSandbox(ctx context.Context, e *cli.Env, o *sandboxOptions) error {
	tenant, err := o.tenant()
	if err != nil {
		return err
	}
	listen := sandbox.ListenOptions{Address: o.listen, TLS: o.tls, Tenant: tenant}
	if o.tls {
		var cleanup func()
		if listen.CAFile, cleanup, err = o.caFile(); err != nil {
			return err
		}
		defer cleanup()
	}
	server, err := sandbox.Listen(ctx, listen)
	if errors.Is(err, sandbox.ErrNotLoopback) {
		return cli.Usagef("--listen 127.0.0.1:8080", "%w", err)
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return cli.Failf("choose another port with --listen 127.0.0.1:0", "%w", err)
	}
	if err != nil {
		return cli.SandboxError(o.state, err)
	}
	if err := o.tell(e, server); err != nil {
		return errors.Join(err, server.Close())
	}
	return server.Wait()
}

// caFile names the file for the certificate that clients have to trust. cleanup
// removes it when it lies in a temporary folder.
func (o *sandboxOptions) caFile() (path string, cleanup func(), err error) {
	dir, cleanup := o.tlsDir, func() {}
	switch {
	case dir != "":
	case o.state != "":
		dir = filepath.Dir(o.state)
	default:
		temporary, err := spill.NewFolder("")
		if err != nil {
			return "", cleanup, fmt.Errorf("making a folder for the certificate: %w", err)
		}
		dir = temporary.Path()
		cleanup = func() { _ = temporary.Close() }
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", cleanup, fmt.Errorf("finding the folder for the certificate: %w", err)
	}
	return filepath.Join(dir, "sandbox-ca.pem"), cleanup, nil
}

// tell prints how to reach the tenant.
func (o *sandboxOptions) tell(e *cli.Env, server *sandbox.Server) error {
	exports := [][2]string{
		{"KINDE_DOMAIN", server.URL},
		{"KINDE_MANAGEMENT_CLIENT_ID", server.Tenant.ClientID},
		{"KINDE_MANAGEMENT_CLIENT_SECRET", server.Tenant.ClientSecret},
	}
	if o.tls {
		exports = append(exports, [2]string{"KINDE_CA_FILE", server.CAFile}, [2]string{"NODE_EXTRA_CA_CERTS", server.CAFile})
	}
	for _, x := range exports {
		if _, err := fmt.Fprintf(e.IO.Out, "export %s=%s\n", x[0], cli.ShellQuote(x[1])); err != nil {
			return err
		}
	}
	if !o.quiet {
		fmt.Fprintf(e.IO.Err, "The sandbox listens on %s. Press Ctrl-C to stop it.\n"+
			"Sign somebody in: curl %s-d '{\"identity\":\"ana@example.com\",\"password\":\"…\"}' %s/sandbox/sign-in\n",
			server.URL, map[bool]string{true: "--cacert \"$KINDE_CA_FILE\" "}[o.tls], server.URL)
	}
	return nil
}
