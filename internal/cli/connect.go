package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
	"github.com/kinde-migrate/kinde-migrate/kinde"
	"github.com/kinde-migrate/kinde-migrate/kinde/pace"
)

// connectOptions says how to reach a tenant.
type connectOptions struct {
	target *targetOptions
	pace   *paceOptions
	output *outputOptions
	in     *invocation

	sandboxState string              // where --sandbox keeps its tenant
	known        []byte              // what an earlier run learnt of the tenant's limit (pace.State), or nil
	share        float64             // of the learnt limit, unless --share says otherwise; 0 is all of it
	observe      func(kinde.Attempt) // hears of every attempt; may be nil
}

// connection is a tenant that can be talked to.
type connection struct {
	client *kinde.Client
	tokens kinde.TokenSource
	gate   snapshotGate
	origin string // scheme://host[:port]
	rate   float64
	log    *slog.Logger
	// sandbox is the tenant inside this process, nil for any other.
	sandbox *sandbox.Tenant

	env    *env
	output *outputOptions
}

// snapshotGate is a gate that tells how it stands.
type snapshotGate interface {
	kinde.Gate
	Snapshot() pace.Snapshot
}

// learnt returns what is worth keeping of the gate's knowledge, nil when it learns nothing.
func (c *connection) learnt() []byte {
	g, ok := c.gate.(interface{ State() pace.State })
	if !ok {
		return nil
	}
	data, err := json.Marshal(g.State())
	if err != nil {
		return nil
	}
	return data
}

// sandboxOrigin is the address of the tenant inside the process.
const sandboxOrigin = "http://sandbox.localhost"

// connect resolves target, credentials and pace, and returns a client. It sends nothing.
func connect(e *env, o connectOptions) (*connection, error) {
	settings, err := e.resolve(o.target, o.in)
	if err != nil {
		return nil, err
	}
	if v := settings["log_file"].value; v != "" {
		o.output.logFile = v
	}
	if v := settings["log_format"].value; v != "" {
		o.output.logFormat = v
	}
	log, err := e.logger(o.output)
	if err != nil {
		return nil, err
	}
	c := &connection{log: log, env: e, output: o.output}
	transport, tokens, err := c.endpoint(e, o, settings)
	if err != nil {
		return nil, err
	}
	c.tokens = tokens
	if err := c.openGate(o, settings); err != nil {
		return nil, err
	}
	maxWait := o.target.maxWait
	if v := settings["max_wait"]; v.value != "" {
		if maxWait, err = time.ParseDuration(v.value); err != nil {
			return nil, usagef("max_wait: 1h", "max-wait %q (from %s) is not a duration", v.value, v.origin)
		}
	}
	c.client, err = kinde.New(kinde.Config{
		BaseURL: kinde.BaseURL(c.origin), Tokens: tokens, Gate: c.gate, Transport: transport, MaxWait: maxWait,
		UserAgent: program + "/" + version(),
		Observe: func(a kinde.Attempt) {
			logAttempt(log, a)
			if o.observe != nil {
				o.observe(a)
			}
		},
	})
	if err != nil {
		return nil, usagef("", "preparing the client: %w", err)
	}
	e.onClose(func() error { c.client.CloseIdle(); return nil })
	return c, nil
}

// endpoint returns how to reach the tenant and how to get a token.
func (c *connection) endpoint(e *env, o connectOptions, s resolved) (http.RoundTripper, kinde.TokenSource, error) {
	if o.target.sandbox {
		return c.embedded(e, o)
	}
	var err error
	if c.origin, err = baseURL(s["domain"].value); err != nil {
		return nil, nil, err
	}
	transport, err := e.network(s["ca_file"].value)
	if err != nil {
		return nil, nil, usagef("", "preparing the connection: %w", err)
	}
	tokens, err := e.credentials(c.origin, s, transport, c.log)
	return transport, tokens, err
}

// embedded opens the tenant inside this process. KINDE_* does not reach it.
func (c *connection) embedded(e *env, o connectOptions) (http.RoundTripper, kinde.TokenSource, error) {
	if o.in.set("domain") || o.in.set("client-id") || o.in.set("token-command") || o.in.set("client-secret-file") {
		return nil, nil, usagef("leave --sandbox away to use a tenant", "--sandbox is a tenant inside this process and takes neither a domain nor credentials")
	}
	tenant, err := sandbox.Open(sandbox.Options{BaseURL: sandboxOrigin, State: o.sandboxState, Demo: true})
	if err != nil {
		return nil, nil, sandboxError(o.sandboxState, err)
	}
	e.onClose(tenant.Close)
	c.sandbox, c.origin = tenant, sandboxOrigin
	transport := sandbox.Transport(tenant)
	tokens, err := kinde.NewClientCredentials(kinde.BaseURL(sandboxOrigin), kinde.ClientCredentials{ClientID: tenant.ClientID, ClientSecret: tenant.ClientSecret, Transport: transport})
	return transport, tokens, err
}

// sandboxError says whose fault it is that a sandbox can't be opened: a state
// that can't be used is the caller's.
func sandboxError(state string, err error) error {
	if state == "" {
		return usagef("", "starting the sandbox: %w", err)
	}
	return checkpointf("name another file with --state, or end the sandbox that uses it", "opening the sandbox's state %s: %w", filepath.ToSlash(state), err)
}

// credentials chooses where tokens come from: of what is set at the nearest
// place (flags, environment, file), a token beats an application.
func (e *env) credentials(origin string, s resolved, transport http.RoundTripper, log *slog.Logger) (kinde.TokenSource, error) {
	command, id, secretFile := s["token_command"], s["client_id"], s["client_secret_file"]
	fromFlag := func(x setting) bool { return strings.HasPrefix(x.origin, "--") }
	switch {
	case fromFlag(command):
		return kinde.NewTokenCommand(command.value), nil
	case fromFlag(id), fromFlag(secretFile):
	case e.getenv("KINDE_ACCESS_TOKEN") != "":
		return kinde.StaticToken(e.getenv("KINDE_ACCESS_TOKEN")), nil
	case command.value != "" && e.getenv("KINDE_MANAGEMENT_CLIENT_ID") == "":
		return kinde.NewTokenCommand(command.value), nil
	}
	secret := e.getenv("KINDE_MANAGEMENT_CLIENT_SECRET")
	if secretFile.value != "" && (secret == "" || fromFlag(secretFile)) {
		var err error
		if secret, err = readSecretFile(secretFile.value); err != nil {
			return nil, err
		}
	}
	var missing []string
	if id.value == "" {
		missing = append(missing, "KINDE_MANAGEMENT_CLIENT_ID")
	}
	if secret == "" {
		missing = append(missing, "KINDE_MANAGEMENT_CLIENT_SECRET")
	}
	if len(missing) > 0 {
		return nil, usagef("set them, or KINDE_ACCESS_TOKEN, or use --token-command; an M2M application is made in Kinde under Settings > Applications",
			"credentials for %s are missing: %s", origin, strings.Join(missing, " and "))
	}
	application := kinde.ClientCredentials{
		ClientID: id.value, ClientSecret: secret, Audience: s["audience"].value, Transport: transport,
	}
	if path := s["token_cache"].value; path != "" {
		cache, err := openTokenCache(path, origin, application.Audience, application.ClientID, log)
		if err != nil {
			return nil, err
		}
		application.Cache = cache
	}
	tokens, err := kinde.NewClientCredentials(kinde.BaseURL(origin), application)
	if err != nil {
		return nil, usagef("", "preparing the credentials: %w", err)
	}
	return tokens, nil
}

// openGate makes the gate that all requests pass.
func (c *connection) openGate(o connectOptions, s resolved) error {
	options := pace.Options{MaxInFlight: o.pace.concurrency, Share: o.share}
	if v := s["concurrency"].value; v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			return usagef("--concurrency 32", "concurrency %q (from %s) is not a number of requests", v, s["concurrency"].origin)
		}
		options.MaxInFlight = n
	}
	if v := s["share"].value; v != "" {
		p, err := parsePercent(v)
		if err != nil || p <= 0 || p > 100 {
			return usagef("--share 50%", "share %q (from %s) is not a percentage above 0 and up to 100", v, s["share"].origin)
		}
		options.Share = p / 100
	}
	if v := s["rate"].value; v != "" && v != "auto" {
		n, err := strconv.ParseFloat(v, 64)
		if err != nil || !(n > 0) || math.IsInf(n, 0) {
			return usagef("--rate 50, or --rate auto", "rate %q (from %s) is not a number of requests a second", v, s["rate"].origin)
		}
		options.Rate, c.rate = n, n
		c.gate = pace.Fixed(options)
		return nil
	}
	if len(o.known) > 0 {
		var known pace.State
		if json.Unmarshal(o.known, &known) == nil {
			options.Known = &known
		}
	}
	c.gate = pace.Learning(options)
	return nil
}

// logger opens the log once.
func (e *env) logger(o *outputOptions) (*slog.Logger, error) {
	if o.noColor {
		e.io.DisableColor()
	}
	if o.logFormat != "" && o.logFormat != "text" && o.logFormat != "json" {
		return nil, usagef("--log-format text, or --log-format json", "unknown log format %q", o.logFormat)
	}
	log, closer, err := ui.OpenLog(e.io, ui.LogOptions{File: o.logFile, Format: o.logFormat, Debug: o.debug})
	if err != nil {
		return nil, failf("", "%w", err)
	}
	e.onClose(closer)
	return log, nil
}

// logAttempt logs a request by what it was, never by what it carried.
func logAttempt(log *slog.Logger, a kinde.Attempt) {
	level := slog.LevelDebug
	if a.Class != kinde.ClassNone && a.Status != http.StatusTooManyRequests {
		level = slog.LevelInfo
	}
	if !log.Enabled(context.Background(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("operation", a.Operation), slog.String("method", a.Method), slog.Int("status", a.Status),
		slog.Duration("latency", a.Latency.Round(time.Millisecond)), slog.Int("try", a.Try),
	}
	if a.Err != nil {
		attrs = append(attrs, slog.String("class", a.Class.String()), slog.String("error", a.Err.Error()))
	}
	log.LogAttrs(context.Background(), level, "request", attrs...)
}

// confirm says which tenant is about to change, and asks when it is live, unless
// this is a rehearsal. what is the change: "Import 1,200 records".
func (c *connection) confirm(ctx context.Context, environment kinde.Environment, rehearsal bool, what string) error {
	c.announce(environment)
	if rehearsal || c.sandbox != nil || !environment.IsLive || c.output.yes {
		return nil
	}
	name := c.tenantName(environment)
	return c.ask(ctx, fmt.Sprintf("%s is live. %s?", name, what), 0, usagef("repeat the command with --yes when this is the tenant that you mean",
		"%s is live, and there is no terminal to ask on", name))
}

// ask asks for a confirmation; a typed number other than 0 has to be typed.
// Without a terminal it returns refusal.
func (c *connection) ask(ctx context.Context, question string, typed int64, refusal error) error {
	var yes bool
	var err error
	if typed != 0 {
		yes, err = c.env.io.ConfirmTyped(ctx, question, strconv.FormatInt(typed, 10))
	} else {
		yes, err = c.env.io.Confirm(ctx, question)
	}
	switch {
	case errors.Is(err, ui.ErrNoTerminal):
		return refusal
	case err != nil:
		return fmt.Errorf("asking for confirmation: %w", err)
	case !yes:
		return usagef("", "not confirmed; nothing was written")
	}
	return nil
}

// announce says which tenant is talked to.
func (c *connection) announce(environment kinde.Environment) {
	if !c.output.quiet {
		fmt.Fprintf(c.env.io.Err, "Tenant: %s\n", c.tenantName(environment))
	}
}

// tenantName is what a person calls the tenant.
func (c *connection) tenantName(environment kinde.Environment) string {
	name := ui.Line(environment.Name)
	if name == "" {
		name = "environment without a name"
	}
	if environment.IsLive {
		name += ", live"
	}
	return fmt.Sprintf("%s (%s)", c.origin, name)
}

// identified is a client that has been asked already which tenant it talks to.
type identified struct {
	*kinde.Client
	environment kinde.Environment
}

// GetEnvironment returns what the tenant said.
func (i *identified) GetEnvironment(context.Context) (kinde.Environment, error) {
	return i.environment, nil
}

// connectSharing connects, asks which tenant this is, and takes only a share of
// a live one's limit unless --share says otherwise.
func connectSharing(ctx context.Context, e *env, o connectOptions) (*connection, *identified, error) {
	conn, err := connect(e, o)
	if err != nil {
		return nil, nil, err
	}
	environment, err := conn.client.GetEnvironment(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("asking which tenant this is: %w", err)
	}
	if environment.IsLive && o.share == 0 {
		o.share = liveShare
		if conn, err = connect(e, o); err != nil {
			return nil, nil, err
		}
	}
	return conn, &identified{conn.client, environment}, nil
}

// liveShare is the share of the learnt limit that a command takes which can
// wait, so that it never slows down the application that people sign in to.
const liveShare = 0.5
