package cli

import (
	"context"
	"fmt"

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
		flags: flagsOf(o.target.flags(), o.pace.flags("100%"), o.output.quietFlags(), []urfaveFlag{
			strFlag(&o.output.logFile, catOutput, "log-file", "", "`FILE` for logs"),
			strFlag(&o.output.logFormat, catOutput, "log-format", "text", "`FORMAT` of logs: text or json"),
		}),
		run: func(_ context.Context, in *invocation) error { return runConfigShow(e, o, in) },
	}
}

func runConfigShow(e *env, o *configShowOptions, in *invocation) error {
	rows, err := e.listSettings(&o.target, in)
	if err != nil {
		return err
	}
	if o.output.json {
		return e.writeJSON(rows)
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
