package imports

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/dataexport"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type decryptOptions struct {
	keyFile, out string
	output       cli.OutputOptions
}

func NewDecrypt(e *cli.Env) *cli.Command {
	o := &decryptOptions{}
	return &cli.Command{
		Name:  "decrypt",
		Args:  "FILE",
		Short: "Decrypt Kinde's own export, which holds the password hashes",
		Long: "Kinde's dashboard exports data with password hashes as a .dat file, and shows its key and its initialisation vector once. " +
			"decrypt does what the documented openssl command does (aes-256-ctr, no salt) and unpacks the zip. It asks for key and vector, or reads them from a file with two lines. " +
			"restore and convert take its users.ndjson with --passwords.",
		Examples: []cli.Example{
			{What: "Ask for key and vector", Line: "kinde-migrate decrypt kinde_export.dat"},
			{What: "In a script", Line: "kinde-migrate decrypt kinde_export.dat --key-file key.txt --out opened"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitInterrupted},
		Flags: cli.FlagsOf([]cli.Flag{
			cli.StringFlag(
				&o.keyFile,
				cli.CatSource,
				"key-file",
				"",
				"`FILE` with the key and the initialisation vector as the dashboard shows them, on two lines",
			),
			cli.StringFlag(&o.out, cli.CatState, "out", "", "`DIR` for the content; default <file>.decrypted"),
		}, o.output.Flags()),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runDecrypt(ctx, e, o, in) },
	}
}

func runDecrypt(ctx context.Context, e *cli.Env, o *decryptOptions, in *cli.Invocation) error {
	if len(in.Args) != 1 || in.Args[0] == "-" {
		return cli.Usagef("kinde-migrate decrypt kinde_export.dat", "decrypt takes one file")
	}
	secret, err := o.secret(ctx, e)
	if err != nil {
		return err
	}
	if o.out == "" {
		o.out = input.Beside(in.Args, ".decrypted")
	}
	files, err := dataexport.Extract(ctx, in.Args[0], secret, o.out, "")
	if errors.Is(err, dataexport.ErrWrongSecret) {
		return cli.Usagef(
			"check that key and vector belong to this file, and that the download is complete",
			"decrypting %s: %w",
			in.Args[0],
			err,
		)
	}
	if err != nil {
		return input.OpenError(err)
	}
	if o.output.JSON {
		return e.WriteJSON(map[string]any{"schema": "kinde-migrate.decrypt/1", "files": files})
	}
	for _, f := range files {
		fmt.Fprintf(e.IO.Out, "%s  %s bytes\n", f.Path, ui.Number(f.Bytes))
	}
	fmt.Fprintln(e.IO.Out, "They hold password hashes: delete them when you are done.")
	return nil
}

// secret asks for key and vector, or reads them. They never stand in a command line.
func (o *decryptOptions) secret(ctx context.Context, e *cli.Env) (dataexport.Secret, error) {
	var key, iv string
	if o.keyFile != "" {
		text, err := cli.ReadSecretFile(o.keyFile)
		if err != nil {
			return dataexport.Secret{}, err
		}
		if lines := strings.Fields(text); len(lines) == 2 {
			key, iv = lines[0], lines[1]
		}
	} else {
		for _, ask := range []struct {
			what string
			to   *string
		}{{"Key: ", &key}, {"Initialisation vector: ", &iv}} {
			answer, err := e.IO.AskSecret(ctx, ask.what)
			if errors.Is(err, ui.ErrNoTerminal) {
				return dataexport.Secret{}, cli.Usagef("--key-file key.txt, which holds both on two lines",
					"the key of the export is needed, and there is no terminal to ask on")
			}
			if err != nil {
				return dataexport.Secret{}, err
			}
			*ask.to = answer
		}
	}
	secret, err := dataexport.ParseSecret(key, iv)
	if err != nil {
		return secret, cli.Usagef("copy both from Kinde's dashboard into --key-file, on two lines", "reading the key: %w", err)
	}
	return secret, nil
}
