package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type initOptions struct {
	values       ConfigValues
	profile, out string
	force        bool
}

func newInit(e *env) *command {
	o := &initOptions{}
	v := &o.values
	return &command{
		name:  "init",
		short: "Ask a few questions and write a configuration file",
		long: "Writes a profile into kinde-migrate.yaml in your own configuration folder, or into the file named by --out. " +
			"What a flag answers is not asked. The client secret is never written: the file names the file that holds it.",
		examples: []example{
			{"Answer the questions", "kinde-migrate init"},
			{"Without questions", "kinde-migrate init --profile staging --domain staging.kinde.com --client-id 1a2b --client-secret-file ~/.kinde-secret"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage},
		flags: []urfaveFlag{
			strFlag(&o.profile, "", "profile", "", "`NAME` of the profile to write; the first one becomes the default"),
			strFlag(&v.Domain, "", "domain", "", "the tenant, `DOMAIN` such as acme.kinde.com"),
			strFlag(&v.ClientID, "", "client-id", "", "`ID` of the M2M application"),
			strFlag(&v.ClientSecretFile, "", "client-secret-file", "", "`FILE` that holds its secret"),
			strFlag(&v.TokenCommand, "", "token-command", "", "`COMMAND` that prints an access token, instead of an application"),
			strFlag(&o.out, "", "out", "", "`FILE` to write"),
			boolFlag(&o.force, "", "force", "replace a profile of this name"),
		},
		run: func(ctx context.Context, _ *invocation) error { return runInit(ctx, e, o) },
	}
}

func runInit(ctx context.Context, e *env, o *initOptions) error {
	if err := o.ask(ctx, e); err != nil {
		return err
	}
	if _, err := baseURL(o.values.Domain); err != nil {
		return err
	}
	path := o.out
	if path == "" {
		if path = e.userConfigPath(); path == "" {
			return usagef("name a file with --out", "there is no configuration folder for this user")
		}
	}
	if err := writeProfile(path, o.profile, o.values, o.force); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.io.Out, "Wrote profile %s to %s.\nCheck the tenant with: %s doctor --profile %s\n", o.profile, path, program, o.profile)
	return err
}

// ask fills in what no flag answered.
func (o *initOptions) ask(ctx context.Context, e *env) error {
	questions := []struct {
		to        *string
		flag      string
		question  string
		otherwise string
		skip      func() bool
	}{
		{&o.profile, "profile", "Name of the profile [default]: ", "default", nil},
		{&o.values.Domain, "domain", "Domain of the tenant, such as acme.kinde.com: ", "", nil},
		{&o.values.ClientID, "client-id", "Client id of the M2M application: ", "", func() bool { return o.values.TokenCommand != "" }},
		{&o.values.ClientSecretFile, "client-secret-file", "File that holds its client secret (empty: KINDE_MANAGEMENT_CLIENT_SECRET): ", "",
			func() bool { return o.values.TokenCommand != "" || !e.io.InTTY }},
	}
	for _, q := range questions {
		if *q.to != "" || q.skip != nil && q.skip() {
			continue
		}
		answer, err := e.io.Ask(ctx, q.question)
		if errors.Is(err, ui.ErrNoTerminal) && q.otherwise != "" {
			answer, err = q.otherwise, nil
		}
		if errors.Is(err, ui.ErrNoTerminal) {
			return usagef("give the answers as flags: --domain, --client-id, --client-secret-file", "--%s is missing, and there is no terminal to ask on", q.flag)
		}
		if err != nil {
			return fmt.Errorf("asking: %w", err)
		}
		if answer == "" {
			answer = q.otherwise
		}
		*q.to = answer
	}
	return nil
}
