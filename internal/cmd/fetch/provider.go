package fetch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch/rest"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// providerOptions say whose API is read, and with whose leave.
type providerOptions struct {
	baseURL, tenant        string
	caFile                 string
	secretFile, secretFrom []string
	with, without          []string
	rate                   string
}

const catProvider = "Provider"

func (o *providerOptions) flags() []cli.Flag {
	return []cli.Flag{
		cli.StringFlag(&o.baseURL, catProvider, "base-url", "", "`URL` of the provider's API, if it is not the usual one"),
		cli.StringFlag(&o.tenant, catProvider, "tenant", "", "`NAME` of the provider's tenant, domain, realm or project"),
		cli.ListFlag(&o.secretFile, catProvider, "secret-file", "read a secret from a file instead of its variable, `VARIABLE=FILE`"),
		cli.ListFlag(&o.secretFrom, catProvider, "secret-command", "read a secret from the first line that a command prints, `VARIABLE=COMMAND`"),
		cli.ListFlag(
			&o.with,
			catProvider,
			"with",
			"also read this `LIST`, which is not read by default, for example because it takes one request per user",
		),
		cli.ListFlag(&o.without, catProvider, "without", "leave out this `LIST`, or hashes, for which a permission is missing"),
		cli.StringFlag(&o.rate, catProvider, "rate", "auto", "requests per second, `N`; auto learns the limit"),
		cli.StringFlag(&o.caFile, catProvider, "ca-file", "", "`FILE` of certificates to trust in addition to the system's"),
	}
}

// source prepares a provider's API for being read.
func (o *providerOptions) source(
	ctx context.Context,
	e *cli.Env,
	log *cli.OutputOptions,
	spec *mapping.Fetch,
	preset, since string,
	custom bool,
	set []string,
) (fetch.Source, error) {
	values, err := o.values(ctx, e, spec, set)
	if err != nil {
		return nil, err
	}
	transport, err := e.Network(o.caFile)
	if err != nil {
		return nil, cli.Usagef("", "preparing the connection: %w", err)
	}
	logger, err := e.Logger(log)
	if err != nil {
		return nil, err
	}
	rate, err := cli.ParseRate("--rate", strings.TrimPrefix(o.rate, "auto"))
	if err != nil {
		return nil, err
	}
	source, err := rest.New(
		rest.Options{Spec: spec, Preset: preset, Values: values, Base: o.base(spec), Since: since, With: o.with, Without: o.without,
			Rate: rate, Transport: transport, UserAgent: cli.Program + "/" + cli.Version(), Log: logger},
	)
	if missing, ok := errors.AsType[*rest.MissingError](err); ok {
		v := missing.Variable
		return nil, cli.Usagef("export "+slices.Concat(v.Env, v.File)[0]+"=…, see docs/providers/"+preset+".md", "fetching: %w", err)
	}
	if err != nil {
		return nil, cli.Usagef("see docs/providers/"+preset+".md", "fetching: %w", err)
	}
	if custom {
		// Somebody else may have written the file: whom the credentials go to is said first.
		fmt.Fprintf(e.IO.Err, "Reading from %s.\n", strings.Join(source.Hosts(), " and "))
	}
	return source, nil
}

// base is what stands for the section's own base: where the base is a variable,
// --base-url is that.
func (o *providerOptions) base(spec *mapping.Fetch) string {
	if flagged(spec, "base-url") != nil {
		return ""
	}
	return o.baseURL
}

func flagged(spec *mapping.Fetch, flag string) *mapping.FetchVariable {
	for i := range spec.Variables {
		if spec.Variables[i].Flag == flag {
			return &spec.Variables[i]
		}
	}
	return nil
}

// values finds what the variables of a section stand for: a flag beats the environment.
func (o *providerOptions) values(ctx context.Context, e *cli.Env, spec *mapping.Fetch, set []string) (map[string]string, error) {
	files, err := pairs("--secret-file", o.secretFile, variableNames(spec))
	if err != nil {
		return nil, err
	}
	commands, err := pairs("--secret-command", o.secretFrom, variableNames(spec))
	if err != nil {
		return nil, err
	}
	told, err := pairs("--set", set, settable(spec))
	if err != nil {
		return nil, err
	}
	if o.tenant != "" {
		v := flagged(spec, "tenant")
		if v == nil {
			return nil, cli.Usagef("leave out --tenant", "%s has no tenants to choose from", spec.Source)
		}
		told[v.Name] = o.tenant
	}
	if v := flagged(spec, "base-url"); v != nil && o.baseURL != "" {
		told[v.Name] = o.baseURL
	}
	out := map[string]string{}
	for _, v := range spec.Variables {
		if out[v.Name], err = value(ctx, e, v, told, files, commands); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func value(ctx context.Context, e *cli.Env, v mapping.FetchVariable, told, files, commands map[string]string) (string, error) {
	if t, ok := told[v.Name]; ok {
		return t, nil
	}
	for _, name := range slices.Concat(v.Env, v.File) {
		if path, ok := files[name]; ok {
			return cli.ReadSecretFile(path)
		}
		if command, ok := commands[name]; ok {
			t, err := kinde.NewTokenCommand(command).Token(ctx)
			if err != nil {
				return "", cli.Usagef("", "the command for %s: it failed, or printed no secret", name)
			}
			return t, nil
		}
	}
	for _, name := range v.Env {
		if t, ok := e.Variable(name); ok && strings.TrimSpace(t) != "" {
			return strings.TrimSpace(t), nil
		}
	}
	for _, name := range v.File {
		if path, ok := e.Variable(name); ok && path != "" {
			return cli.ReadSecretFile(path)
		}
	}
	return "", nil
}

// variableNames are the variables of the environment that may hold a secret.
func variableNames(spec *mapping.Fetch) []string {
	var out []string
	for _, v := range spec.Variables {
		if v.Secret {
			out = append(out, slices.Concat(v.Env, v.File)...)
		}
	}
	return out
}

// settable are the names that --set takes. A secret is none: others could read it in
// the list of processes.
func settable(spec *mapping.Fetch) []string {
	out := []string{}
	for _, v := range spec.Variables {
		if !v.Secret {
			out = append(out, v.Name)
		}
	}
	return out
}

// choices are the sources that can be named.
func choices() (out []cli.Choice) {
	for _, name := range mapping.FetchSources() {
		out = append(out, cli.Choice{Word: name, Means: "by its API"})
	}
	for _, name := range fromDatabases() {
		if !slices.ContainsFunc(out, func(c cli.Choice) bool { return c.Word == name }) {
			out = append(out, cli.Choice{Word: name, Means: "from its database"})
		}
	}
	return out
}

// api is how a source's API is read; nil when its mapping does not say.
func (o *options) api(name string) (*mapping.Fetch, string, error) {
	if o.mapping == "" {
		spec, preset, err := mapping.FetchSource(name)
		if err != nil {
			return nil, "", nil
		}
		return spec, preset, nil
	}
	m, err := loadMapping(o.mapping)
	if err != nil {
		return nil, "", err
	}
	spec, err := m.Fetch(name)
	if err != nil {
		return nil, "", cli.Usagef("correct the mapping file", "fetching: %w", err)
	}
	return spec, m.Base(), nil
}
