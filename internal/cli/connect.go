package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"net/http"
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
	c := &connection{log: log}
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
		BaseURL: c.origin, Tokens: tokens, Gate: c.gate, Transport: transport, MaxWait: maxWait,
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
	tenant, err := openTenant(sandbox.Options{BaseURL: sandboxOrigin, State: o.sandboxState, Demo: true})
	if err != nil {
		return nil, nil, err
	}
	e.onClose(tenant.Close)
	c.sandbox, c.origin = tenant, sandboxOrigin
	transport := sandbox.Transport(tenant)
	tokens, err := kinde.NewClientCredentials(kinde.ClientCredentials{
		BaseURL: sandboxOrigin, ClientID: tenant.ClientID, ClientSecret: tenant.ClientSecret, Transport: transport,
	})
	return transport, tokens, err
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
		BaseURL: origin, ClientID: id.value, ClientSecret: secret, Audience: s["audience"].value, Transport: transport,
	}
	if path := s["token_cache"].value; path != "" {
		cache, err := openTokenCache(path, origin, application.Audience, application.ClientID, log)
		if err != nil {
			return nil, err
		}
		application.Cache = cache
	}
	tokens, err := kinde.NewClientCredentials(application)
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

// parsePercent reads "50%" or "50".
func parsePercent(text string) (float64, error) {
	return strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(text), "%"), 64)
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

// confirmWrite says which tenant is about to change, and asks when it is live.
// what is the change: "import 1,200 records".
func confirmWrite(ctx context.Context, e *env, o *outputOptions, origin string, environment kinde.Environment, what string) error {
	announce(e, o, origin, environment)
	if !environment.IsLive || o.yes {
		return nil
	}
	yes, err := e.io.Confirm(ctx, fmt.Sprintf("%s is live. %s?", tenantName(origin, environment), what))
	switch {
	case errors.Is(err, ui.ErrNoTerminal):
		return usagef("repeat the command with --yes when this is the tenant that you mean",
			"%s is live, and there is no terminal to ask on", tenantName(origin, environment))
	case err != nil:
		return fmt.Errorf("asking for confirmation: %w", err)
	case !yes:
		return usagef("", "not confirmed; nothing was written")
	}
	return nil
}

// announce says which tenant is talked to.
func announce(e *env, o *outputOptions, origin string, environment kinde.Environment) {
	if !o.quiet {
		fmt.Fprintf(e.io.Err, "Tenant: %s\n", tenantName(origin, environment))
	}
}

func tenantName(origin string, environment kinde.Environment) string {
	name := ui.Line(environment.Name)
	if name == "" {
		name = "environment without a name"
	}
	if environment.IsLive {
		name += ", live"
	}
	return fmt.Sprintf("%s (%s)", origin, name)
}

// missing tells whether an error says that a file is not there.
func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
