package rest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
	"github.com/kinde-migrate/kinde-migrate/kinde/pace"
)

// Options say whose users are read, and how.
type Options struct {
	Spec   *mapping.Fetch
	Preset string // what reads the users afterwards
	// Values are the variables of the section, by name; Base stands for its base.
	Values map[string]string
	Base   string
	Since  string // RFC 3339; "" is everything
	With   []string
	// Without names lists that are left out on purpose; "hashes" are the parameters too.
	Without   []string
	Rate      float64 // requests a second; 0 is found out
	Transport http.RoundTripper
	MaxWait   time.Duration // for a provider that is not there; 0 is an hour
	UserAgent string
	Log       *slog.Logger
}

// Source is a provider that can be read.
type Source struct {
	engine *engine
	about  fetch.About
}

var _ fetch.Source = (*Source)(nil)

// New prepares a provider's API for being read. It sends nothing.
func New(o Options) (*Source, error) {
	e := &engine{spec: o.Spec, values: values{variables: map[string]string{}}, log: o.Log, since: o.Since,
		asked: named(o.With), without: named(o.Without)}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	hides, err := e.learn(o)
	if err != nil {
		return nil, err
	}
	if err := e.checkNames(o); err != nil {
		return nil, err
	}
	base, err := e.address(o)
	if err != nil {
		return nil, err
	}
	authority, err := newAuthority(o.Spec.Auth, e.values, o.Transport, hides)
	if err != nil {
		return nil, fmt.Errorf("the credentials: %w", err)
	}
	if o.MaxWait == 0 {
		o.MaxWait = time.Hour
	}
	e.client = &client{base: base, transport: o.Transport, gate: gate(o), authority: authority, secrets: hides, userAgent: o.UserAgent,
		maxWait: o.MaxWait, log: e.log, throttled: patterns(o.Spec.Pace.Throttled), denied: patterns(o.Spec.Auth.Denied)}
	return &Source{engine: e, about: fetch.About{Source: o.Spec.Source, Kind: "provider", From: origin(base), Preset: o.Preset, Since: o.Since,
		Settings: settings(o)}}, nil
}

// learn takes the variables, and returns those that are secret.
func (e *engine) learn(o Options) (hides secrets, err error) {
	if o.Since != "" {
		since, err := time.Parse(time.RFC3339Nano, o.Since)
		if err != nil {
			return nil, errors.New("the time of --since is not written as 2006-01-02T15:04:05Z")
		}
		e.values.variables["since"] = since.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	for _, v := range o.Spec.Variables {
		value := o.Values[v.Name]
		if err := fits(v, value); err != nil {
			return nil, err
		}
		if value == "" {
			if value, err = e.values.expand(v.Default, plain); err != nil {
				return nil, fmt.Errorf("the variable %s: %w", v.Name, err)
			}
		}
		switch {
		case v.Secret && value != "":
			hides = append(hides, value)
		case v.Flag == "tenant":
			value = strings.TrimSuffix(strings.TrimPrefix(value, "https://"), "/")
		case v.Flag == "base-url" || strings.Count(value, "/") == 3:
			value = strings.TrimSuffix(value, "/") // an address, or a host alone
		}
		e.values.variables[v.Name] = value
	}
	return hides, nil
}

// address is the base of all requests.
func (e *engine) address(o Options) (*url.URL, error) {
	template := o.Spec.Base
	if o.Base != "" {
		template = strings.TrimSuffix(o.Base, "/")
	}
	address, err := e.values.expand(template, plain)
	if err == nil {
		err = secure(address)
	}
	if err != nil {
		return nil, fmt.Errorf("the address of the provider: %w", err)
	}
	e.values.variables["base"] = address
	base, err := url.Parse(address)
	if err != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, errors.New("the address of the provider is not a plain URL")
	}
	return base, nil
}

// named is a set of names.
func named(names []string) map[string]bool {
	out := map[string]bool{}
	for _, n := range names {
		out[n] = true
	}
	return out
}

// fits tells whether a variable was told as it must be. Its value is not shown.
func fits(v mapping.FetchVariable, value string) error {
	switch {
	case value == "" && v.Default == "" && !v.Optional:
		return &MissingError{Variable: v}
	case value != "" && v.Match != "" && !regexp.MustCompile(v.Match).MatchString(value):
		return fmt.Errorf("%s does not look like %s", strings.Join(v.Env, " or "), v.Says)
	}
	return nil
}

// MissingError is a variable that nobody told.
type MissingError struct{ Variable mapping.FetchVariable }

func (e *MissingError) Error() string {
	return fmt.Sprintf("%s is not set: %s", strings.Join(e.Variable.Env, " or "), e.Variable.Says)
}

// checkNames refuses names of lists that there are not.
func (e *engine) checkNames(o Options) error {
	have := []string{"hashes"}
	since := o.Since == ""
	for _, l := range o.Spec.Lists {
		have = append(have, l.Name)
		since = since || l.Since != nil
	}
	for _, name := range slices.Concat(o.With, o.Without) {
		if !slices.Contains(have, name) {
			return fmt.Errorf("%s has no list %q; its lists are %s", o.Spec.Source, name, strings.Join(have, ", "))
		}
	}
	if !since {
		return fmt.Errorf("%s can't list what changed since a time", o.Spec.Source)
	}
	return nil
}

func gate(o Options) kinde.Gate {
	p := o.Spec.Pace
	options := pace.Options{Rate: o.Rate, Start: p.Start, MaxInFlight: max(p.InFlight, 1),
		Headers: kinde.RateHeaders{Limit: p.Limit, Remaining: p.Remaining, Reset: p.Reset}}
	if o.Rate > 0 {
		return pace.Fixed(options)
	}
	return pace.Learning(options)
}

// settings is a digest of what decides which rows are read.
func settings(o Options) string {
	with, without := slices.Sorted(slices.Values(o.With)), slices.Sorted(slices.Values(o.Without))
	lists, _ := json.Marshal(o.Spec.Lists, json.Deterministic(true))
	values := []string{string(lists), strings.Join(with, ","), strings.Join(without, ",")}
	for _, v := range o.Spec.Variables {
		if !v.Secret {
			values = append(values, v.Name+"="+o.Values[v.Name])
		}
	}
	sort.Strings(values[3:])
	sum := sha256.Sum256([]byte(strings.Join(values, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// About describes the provider.
func (s *Source) About() fetch.About { return s.about }

// Hosts are those that are talked to; the first one and that of the tokens get credentials.
func (s *Source) Hosts() []string {
	hosts := []string{s.engine.client.base.Host}
	if b, ok := s.engine.client.authority.(*bearer); ok && !slices.Contains(hosts, b.host) {
		hosts = append(hosts, b.host)
	}
	return hosts
}

// Read reads everything that the folder does not hold yet.
func (s *Source) Read(ctx context.Context, folder *fetch.Folder, tell func(fetch.Progress)) error {
	e := *s.engine
	e.folder, e.tell, e.sets, e.done = folder, tell, map[string]set{}, map[string]int64{}
	return e.run(ctx)
}
