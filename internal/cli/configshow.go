package cli

import (
	"context"
	"fmt"

	urfave "github.com/urfave/cli/v2"

	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type configShowOptions struct {
	target targetOptions
	pace   paceOptions
	output outputOptions
}

func newConfig(e *env) *command {
	return &command{
		name:  "config",
		short: "Show the configuration and where each value comes from",
		sub:   []*command{newConfigShow(e)},
	}
}

func newConfigShow(e *env) *command {
	o := &configShowOptions{}
	return &command{
		name:  "show",
		short: "Print every setting with its origin; secrets are masked",
		long: "A flag beats the environment, which beats the configuration file. The file is the one named by --config, else " +
			"kinde-migrate/kinde-migrate.yaml in your own configuration folder. A kinde-migrate.yaml in the working directory is read too, " +
			"but may set neither the tenant, credentials nor a command to run.",
		examples: []example{
			{"Where does each value come from?", "kinde-migrate config show"},
			{"With a profile", "kinde-migrate config show --profile staging"},
		},
		exits: []Code{exitOK, exitUsage},
		flags: flagsOf(o.target.flags(), o.pace.flags("100%"), o.output.quietFlags(), []urfave.Flag{
			strFlag(&o.output.logFile, catOutput, "log-file", "", "`FILE` for logs"),
			strFlag(&o.output.logFormat, catOutput, "log-format", "text", "`FORMAT` of logs: text or json"),
		}),
		run: func(_ context.Context, in *invocation) error { return runConfigShow(e, o, in) },
	}
}

// shownSetting is one row of config show.
type shownSetting struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
}

func runConfigShow(e *env, o *configShowOptions, in *invocation) error {
	r, err := e.resolve(&o.target, in)
	if err != nil {
		return err
	}
	rows := []shownSetting{{"profile", r["profile"].value, r["profile"].origin}}
	for _, s := range settings {
		value := r[s.key].value
		if s.key == "token_command" && value != "" {
			value = masked // a command line may hold a secret
		}
		rows = append(rows, shownSetting{s.key, value, r[s.key].origin})
	}
	for _, name := range secretVariables {
		if e.getenv(name) != "" {
			rows = append(rows, shownSetting{name, masked, "environment"})
		} else {
			rows = append(rows, shownSetting{name, "", "not set"})
		}
	}
	if o.output.json {
		return writeIndented(e.io.Out, rows)
	}
	t := &ui.Table{Head: []string{"setting", "value", "from"}}
	for _, row := range rows {
		value := row.Value
		if value == "" {
			value = "-"
		}
		t.Add(row.Key, value, row.Origin)
	}
	if err := t.Write(e.io.Out, e.io.Width(), 0); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.io.Out, "\nYour own configuration file: %s\n", e.userConfigPath())
	return err
}

// masked stands for a secret.
const masked = "********"
