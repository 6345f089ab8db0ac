package setup

import (
	"context"
	"fmt"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type configShowOptions struct {
	target cli.TargetOptions
	pace   cli.PaceOptions
	output cli.OutputOptions
}

func NewConfig(e *cli.Env) *cli.Command {
	return &cli.Command{
		Name:  "config",
		Short: "Show the configuration and where each value comes from",
		Sub:   []*cli.Command{newConfigShow(e)},
	}
}

func newConfigShow(e *cli.Env) *cli.Command {
	o := &configShowOptions{}
	return &cli.Command{
		Name:  "show",
		Short: "Print every setting with its origin; secrets are masked",
		Long: "A flag beats the environment, which beats the configuration file. This file is the one in --config, or " +
			"kinde-migrate/kinde-migrate.yaml in your own configuration folder. A kinde-migrate.yaml in the working directory is read too, " +
			"but it can't set the tenant, credentials or a command to run.",
		Examples: []cli.Example{
			{What: "Where does each value come from?", Line: "kinde-migrate config show"},
			{What: "With a profile", Line: "kinde-migrate config show --profile staging"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitUsage},
		Flags: cli.FlagsOf(o.target.Flags(), o.pace.Flags("100%"), o.output.QuietFlags(), []cli.Flag{
			cli.StringFlag(&o.output.LogFile, cli.CatOutput, "log-file", "", "`FILE` for logs"),
			cli.StringFlag(&o.output.LogFormat, cli.CatOutput, "log-format", "text", "`FORMAT` of logs: text or json"),
		}),
		Run: func(_ context.Context, in *cli.Invocation) error { return runConfigShow(e, o, in) },
	}
}

func runConfigShow(e *cli.Env, o *configShowOptions, in *cli.Invocation) error {
	rows, err := e.ListSettings(&o.target, in)
	if err != nil {
		return err
	}
	if o.output.JSON {
		return e.WriteJSON(rows)
	}
	t := &ui.Table{Head: []string{"setting", "value", "from"}}
	for _, row := range rows {
		value := row.Value
		if value == "" {
			value = "-"
		}
		t.Add(row.Key, value, row.Origin)
	}
	if err := t.Write(e.IO.Out, e.IO.TableWidth(e.IO.Out), 0); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.IO.Out, "\nYour own configuration file: %s\n", e.UserConfigPath())
	return err
}
