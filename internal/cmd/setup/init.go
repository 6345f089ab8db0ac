package setup

import (
	"context"
	"errors"
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type initOptions struct {
	values       cli.ConfigValues
	profile, out string
	force        bool
}

func NewInit(e *cli.Env) *cli.Command {
	o := &initOptions{}
	v := &o.values
	return &cli.Command{
		Name:  "init",
		Short: "Ask a few questions and write a configuration file",
		Long: "Writes a profile into kinde-migrate.yaml in your own configuration folder, or into the file given with --out. " +
			"A question that a flag answers isn't asked. The client secret is never written, only the path of the file that holds it.",
		Examples: []cli.Example{
			{What: "Answer the questions", Line: "kinde-migrate init"},
			{
				What: "Without questions",
				Line: "kinde-migrate init --profile staging --domain staging.kinde.com --client-id 1a2b --client-secret-file ~/.kinde-secret",
			},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage},
		Flags: []cli.Flag{
			cli.StringFlag(&o.profile, "", "profile", "", "`NAME` of the profile to write; the first one becomes the default"),
			cli.StringFlag(&v.Domain, "", "domain", "", "the tenant, `DOMAIN` such as acme.kinde.com"),
			cli.StringFlag(&v.ClientID, "", "client-id", "", "`ID` of the M2M application"),
			cli.StringFlag(&v.ClientSecretFile, "", "client-secret-file", "", "`FILE` that holds its secret"),
			cli.StringFlag(&v.TokenCommand, "", "token-command", "", "`COMMAND` that prints an access token, instead of an application"),
			cli.StringFlag(&o.out, "", "out", "", "`FILE` to write"),
			cli.BoolFlag(&o.force, "", "force", "replace a profile of this name"),
		},
		Run: func(ctx context.Context, _ *cli.Invocation) error { return runInit(ctx, e, o) },
	}
}

func runInit(ctx context.Context, e *cli.Env, o *initOptions) error {
	if err := o.ask(ctx, e); err != nil {
		return err
	}
	if _, err := cli.BaseURL(o.values.Domain); err != nil {
		return err
	}
	path := o.out
	if path == "" {
		if path = e.UserConfigPath(); path == "" {
			return cli.Usagef("choose a file with --out", "there is no configuration folder for this user")
		}
	}
	if err := cli.WriteProfile(path, o.profile, o.values, o.force); err != nil {
		return err
	}
	_, err := fmt.Fprintf(
		e.IO.Out,
		"Wrote profile %s to %s.\nCheck the tenant with: %s doctor --profile %s\n",
		o.profile,
		path,
		e.Called(),
		o.profile,
	)
	return err
}

// ask fills in what no flag answered.
func (o *initOptions) ask(ctx context.Context, e *cli.Env) error {
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
		{&o.values.ClientSecretFile, "client-secret-file", "File with its client secret (empty: KINDE_MANAGEMENT_CLIENT_SECRET): ", "",
			func() bool { return o.values.TokenCommand != "" || !e.IO.InTTY }},
	}
	for _, q := range questions {
		if *q.to != "" || q.skip != nil && q.skip() {
			continue
		}
		answer, err := e.IO.Ask(ctx, q.question)
		if errors.Is(err, ui.ErrNoTerminal) && q.otherwise != "" {
			answer, err = q.otherwise, nil
		}
		if errors.Is(err, ui.ErrNoTerminal) {
			return cli.Usagef(
				"give the answers as flags: --domain, --client-id, --client-secret-file",
				"--%s is missing, and there is no terminal to ask on",
				q.flag,
			)
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
