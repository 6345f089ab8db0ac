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
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
	"github.com/kinde-migrate/kinde-migrate/kinde"
	"github.com/kinde-migrate/kinde-migrate/kinde/pace"
)

// ConnectOptions says how to reach a tenant.
type ConnectOptions struct {
	Target *TargetOptions
	Pace   *PaceOptions
	Output *OutputOptions
	In     *Invocation

	SandboxState string              // where --sandbox keeps its tenant
	Known        []byte              // what an earlier run learnt of the tenant's limit (pace.State), or nil
	Share        float64             // of the learnt limit, unless --share says otherwise; 0 is all of it
	Observe      func(kinde.Attempt) // hears of every attempt; may be nil
}

// Connection is a tenant that can be talked to.
type Connection struct {
	Client *kinde.Client
	Tokens kinde.TokenSource
	Gate   snapshotGate
	Origin string  // scheme://host[:port]
	rate   float64 // that is kept to; 0: the limit is learnt
	Log    *slog.Logger
	// sandbox is the tenant inside this process, nil for any other.
	Sandbox *sandbox.Tenant

	env    *Env
	output *OutputOptions
}

// snapshotGate is a gate that tells how it stands.
type snapshotGate interface {
	kinde.Gate
	Snapshot() pace.Snapshot
}

// Believed returns the tenant's limit as the gate believes it.
func (c *Connection) Believed() (limit float64, inFlight int, held time.Duration) {
	s := c.Gate.Snapshot()
	if c.rate > 0 {
		s.Limit = 0 // chosen, not learnt
	}
	return s.Limit, s.InFlight, s.HeldFor
}

// Learnt returns what is worth keeping of the gate's knowledge, nil when it learns nothing.
func (c *Connection) Learnt() json.RawMessage {
	g, ok := c.Gate.(interface{ State() pace.State })
	if !ok {
		return nil
	}
	data, err := json.Marshal(g.State())
	if err != nil {
		return nil
	}
	return data
}

// SandboxOrigin is the address of the tenant inside the process.
const SandboxOrigin = "http://sandbox.localhost"

// sandboxRate is more than the tenant inside the process can answer in a second. It has
// no limit that could be learnt, and no live application beside it.
const sandboxRate = 20_000

// Connect resolves target, credentials and pace, and returns a client. It sends nothing.
func Connect(e *Env, o ConnectOptions) (*Connection, error) {
	settings, err := e.Resolve(o.Target, o.In)
	if err != nil {
		return nil, err
	}
	if v := settings["log_file"].Value; v != "" {
		o.Output.LogFile = v
	}
	if v := settings["log_format"].Value; v != "" {
		o.Output.LogFormat = v
	}
	log, err := e.Logger(o.Output)
	if err != nil {
		return nil, err
	}
	c := &Connection{Log: log, env: e, output: o.Output}
	transport, tokens, err := c.endpoint(e, o, settings)
	if err != nil {
		return nil, err
	}
	c.Tokens, e.origin = tokens, c.Origin
	if err := c.openGate(o, settings); err != nil {
		return nil, err
	}
	maxWait := o.Target.maxWait
	if v := settings["max_wait"]; v.Value != "" {
		if maxWait, err = time.ParseDuration(v.Value); err != nil {
			return nil, Usagef("max_wait: 1h", "max-wait %q (from %s) is not a duration", v.Value, v.origin)
		}
	}
	c.Client, err = kinde.New(kinde.Config{
		BaseURL: kinde.BaseURL(c.Origin), Tokens: tokens, Gate: c.Gate, Transport: transport, MaxWait: maxWait,
		UserAgent: Program + "/" + Version(),
		Observe: func(a kinde.Attempt) {
			logAttempt(log, a)
			if o.Observe != nil {
				o.Observe(a)
			}
		},
	})
	if err != nil {
		return nil, Usagef("", "preparing the client: %w", err)
	}
	e.OnClose(func() error { c.Client.CloseIdle(); return nil })
	return c, nil
}

// endpoint returns how to reach the tenant and how to get a token.
func (c *Connection) endpoint(e *Env, o ConnectOptions, s resolved) (http.RoundTripper, kinde.TokenSource, error) {
	if o.Target.Sandbox {
		return c.embedded(e, o)
	}
	var err error
	if c.Origin, err = BaseURL(s["domain"].Value); err != nil {
		return nil, nil, err
	}
	transport, err := e.Network(s["ca_file"].Value)
	if err != nil {
		return nil, nil, Usagef("", "preparing the connection: %w", err)
	}
	tokens, err := e.credentials(c.Origin, s, transport, c.Log)
	return transport, tokens, err
}

// embedded opens the tenant inside this process. KINDE_* does not reach it.
func (c *Connection) embedded(e *Env, o ConnectOptions) (http.RoundTripper, kinde.TokenSource, error) {
	if o.In.Set("domain") || o.In.Set("client-id") || o.In.Set("token-command") || o.In.Set("client-secret-file") {
		return nil, nil, Usagef(
			"leave out --sandbox to use a tenant",
			"--sandbox is a tenant inside this process and takes neither a domain nor credentials",
		)
	}
	tenant, err := sandbox.Open(sandbox.Options{BaseURL: SandboxOrigin, State: o.SandboxState, Demo: true})
	if err != nil {
		return nil, nil, SandboxError(o.SandboxState, err)
	}
	e.OnClose(tenant.Close)
	c.Sandbox, c.Origin = tenant, SandboxOrigin
	transport := sandbox.Transport(tenant)
	tokens, err := kinde.NewClientCredentials(SandboxOrigin, kinde.ClientCredentials{
		ClientID: tenant.ClientID, ClientSecret: tenant.ClientSecret, Transport: transport,
	})
	return transport, tokens, err
}

// SandboxError says whose fault it is that a sandbox can't be opened: a state
// that can't be used is the caller's.
func SandboxError(state string, err error) error {
	if state == "" {
		return Usagef("", "starting the sandbox: %w", err)
	}
	if errors.Is(err, fs.ErrPermission) {
		return Failf(
			"copy the export to a folder that you can write to: the sandbox keeps its tenant next to it",
			"opening the sandbox's state %s: %w",
			filepath.ToSlash(state),
			err,
		)
	}
	return Checkpointf(
		"choose another file with --state, or stop the sandbox that uses it",
		"opening the sandbox's state %s: %w",
		filepath.ToSlash(state),
		err,
	)
}

// credentials chooses where tokens come from: of what is set at the nearest
// place (flags, environment, file), a token beats an application.
func (e *Env) credentials(origin string, s resolved, transport http.RoundTripper, log *slog.Logger) (kinde.TokenSource, error) {
	command, id, secretFile := s["token_command"], s["client_id"], s["client_secret_file"]
	fromFlag := func(x setting) bool { return strings.HasPrefix(x.origin, "--") }
	switch {
	case fromFlag(command):
		return kinde.NewTokenCommand(command.Value), nil
	case fromFlag(id), fromFlag(secretFile):
	case e.getenv("KINDE_ACCESS_TOKEN") != "":
		return kinde.StaticToken(e.getenv("KINDE_ACCESS_TOKEN")), nil
	case command.Value != "" && e.getenv("KINDE_MANAGEMENT_CLIENT_ID") == "":
		return kinde.NewTokenCommand(command.Value), nil
	}
	secret := e.getenv("KINDE_MANAGEMENT_CLIENT_SECRET")
	if secretFile.Value != "" && (secret == "" || fromFlag(secretFile)) {
		var err error
		if secret, err = ReadSecretFile(secretFile.Value); err != nil {
			return nil, err
		}
	}
	var missing []string
	if id.Value == "" {
		missing = append(missing, "KINDE_MANAGEMENT_CLIENT_ID")
	}
	if secret == "" {
		missing = append(missing, "KINDE_MANAGEMENT_CLIENT_SECRET")
	}
	if len(missing) > 0 {
		return nil, Usagef(
			"set them, or KINDE_ACCESS_TOKEN, or use --token-command; create an M2M application in Kinde under Settings > Applications",
			"credentials for %s are missing: %s",
			origin,
			strings.Join(missing, " and "),
		)
	}
	application := kinde.ClientCredentials{
		ClientID: id.Value, ClientSecret: secret, Audience: s["audience"].Value, Transport: transport,
	}
	if path := s["token_cache"].Value; path != "" {
		cache, err := openTokenCache(path, origin, application.Audience, application.ClientID, log)
		if err != nil {
			return nil, err
		}
		application.Cache = cache
	}
	tokens, err := kinde.NewClientCredentials(kinde.BaseURL(origin), application)
	if err != nil {
		return nil, Usagef("", "preparing the credentials: %w", err)
	}
	return tokens, nil
}

// openGate makes the gate that all requests pass.
func (c *Connection) openGate(o ConnectOptions, s resolved) error {
	options := pace.Options{MaxInFlight: o.Pace.Concurrency, Share: o.Share}
	if v := s["concurrency"].Value; v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			return Usagef("--concurrency 32", "concurrency %q (from %s) is not a number of requests", v, s["concurrency"].origin)
		}
		options.MaxInFlight = n
	}
	if v := s["share"].Value; v != "" {
		p, err := ParsePercent(v)
		if err != nil || p <= 0 || p > 100 {
			return Usagef("--share 50%", "share %q (from %s) is not a percentage above 0 and up to 100", v, s["share"].origin)
		}
		options.Share = p / 100
	}
	if v := s["rate"].Value; v != "" && v != "auto" {
		n, err := strconv.ParseFloat(v, 64)
		if err != nil || !(n > 0) || math.IsInf(n, 0) {
			return Usagef("--rate 50, or --rate auto", "rate %q (from %s) is not a number of requests a second", v, s["rate"].origin)
		}
		c.rate = n
	} else if c.Sandbox != nil {
		c.rate = sandboxRate
	}
	if c.rate > 0 {
		options.Rate = c.rate
		c.Gate = pace.Fixed(options)
		return nil
	}
	if len(o.Known) > 0 {
		var known pace.State
		if json.Unmarshal(o.Known, &known) == nil {
			options.Known = &known
		}
	}
	c.Gate = pace.Learning(options)
	return nil
}

// Logger opens the log once.
func (e *Env) Logger(o *OutputOptions) (*slog.Logger, error) {
	if o.noColor {
		e.IO.DisableColor()
	}
	if o.LogFormat != "" && o.LogFormat != "text" && o.LogFormat != "json" {
		return nil, Usagef("--log-format text, or --log-format json", "unknown log format %q", o.LogFormat)
	}
	log, closer, err := ui.OpenLog(e.IO, ui.LogOptions{File: o.LogFile, Format: o.LogFormat, Debug: o.debug})
	if err != nil {
		return nil, Failf("", "%w", err)
	}
	e.OnClose(closer)
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

// Confirm says which tenant is about to change, and asks when it is live, unless
// this is a rehearsal. what is the change: "Import 1,200 records".
func (c *Connection) Confirm(ctx context.Context, environment kinde.Environment, rehearsal bool, what string) error {
	c.Announce(environment)
	if rehearsal || c.Sandbox != nil || !environment.IsLive || c.output.Yes {
		return nil
	}
	name := c.TenantName(environment)
	return c.Ask(ctx, fmt.Sprintf("%s is live. %s?", name, what), 0, Usagef("if this is the right tenant, repeat the command with --yes",
		"%s is live, and there is no terminal to ask on", name))
}

// Ask asks for a confirmation; a typed number other than 0 has to be typed.
// Without a terminal it returns refusal.
func (c *Connection) Ask(ctx context.Context, question string, typed int64, refusal error) error {
	var yes bool
	var err error
	if typed != 0 {
		yes, err = c.env.IO.ConfirmTyped(ctx, question, strconv.FormatInt(typed, 10))
	} else {
		yes, err = c.env.IO.Confirm(ctx, question)
	}
	switch {
	case errors.Is(err, ui.ErrNoTerminal):
		return refusal
	case err != nil:
		return fmt.Errorf("asking for confirmation: %w", err)
	case !yes:
		return Usagef("", "not confirmed; nothing was written")
	}
	return nil
}

// Announce says which tenant is talked to.
func (c *Connection) Announce(environment kinde.Environment) {
	if !c.output.Quiet {
		fmt.Fprintf(c.env.IO.Err, "Tenant: %s\n", c.TenantName(environment))
	}
}

// TenantName is what a person calls the tenant.
func (c *Connection) TenantName(environment kinde.Environment) string {
	name := ui.Line(environment.Name)
	if name == "" {
		name = "environment without a name"
	}
	if environment.IsLive {
		name += ", live"
	}
	return fmt.Sprintf("%s (%s)", c.Origin, name)
}

// identified is a client that has been asked already which tenant it talks to.
type identified struct {
	*kinde.Client
	Environment kinde.Environment
}

// GetEnvironment returns what the tenant said.
func (i *identified) GetEnvironment(context.Context) (kinde.Environment, error) {
	return i.Environment, nil
}

// ConnectSharing connects, asks which tenant this is, and takes only a share of
// a live one's limit unless --share says otherwise.
func ConnectSharing(ctx context.Context, e *Env, o ConnectOptions) (*Connection, *identified, error) {
	conn, err := Connect(e, o)
	if err != nil {
		return nil, nil, err
	}
	environment, err := conn.Client.GetEnvironment(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("asking which tenant this is: %w", err)
	}
	if environment.IsLive && o.Share == 0 {
		o.Share = LiveShare
		if conn, err = Connect(e, o); err != nil {
			return nil, nil, err
		}
	}
	return conn, &identified{conn.Client, environment}, nil
}

// liveShare is the share of the learnt limit that a command takes which can
// wait, so that it never slows down the application that people sign in to.
const LiveShare = 0.5
