package setup

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/canary"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type canaryOptions struct {
	source input.Options
	target cli.TargetOptions
	pace   cli.PaceOptions
	output cli.OutputOptions

	state, passwordFile, domain string
	wait                        time.Duration
	clean, keep                 bool
}

func NewCanary(e *cli.Env) *cli.Command {
	o := &canaryOptions{}
	return &cli.Command{
		Name:  "canary",
		Args:  "[FILE…]",
		Short: "Prove in the real tenant that hashes work, with throw-away users",
		Long: "Creates one user for each kind of hash in the source, with a known password that is hashed in the same way, shows how to sign in, " +
			"waits for the sign-ins, and deletes the users. Only this proves that the vendor reads a hash as this program does. " +
			"The state is in <first file>.canary; the same command continues with it, and --clean deletes users that a crash left behind.",
		Examples: []cli.Example{
			{What: "Prove the hashes of an export", Line: "kinde-migrate canary users.ndjson --passwords hashes.ndjson"},
			{What: "Create them, and look later", Line: "kinde-migrate canary users.ndjson --wait 0s"},
			{What: "Delete users that a crash left behind", Line: "kinde-migrate canary users.ndjson --clean"},
		},
		Exits: []cli.Code{cli.ExitOK, cli.ExitFailed, cli.ExitUsage, cli.ExitRecords, cli.ExitAuth, cli.ExitCheckpoint, cli.ExitInterrupted},
		Flags: cli.FlagsOf([]cli.Flag{
			cli.DurationFlag(
				&o.wait,
				cli.CatPolicy,
				"wait",
				15*time.Minute,
				"`DURATION` to wait for the sign-ins; 0s creates the users and leaves them",
			),
			cli.BoolFlag(&o.clean, cli.CatPolicy, "clean", "only delete the users of an earlier run"),
			cli.BoolFlag(&o.keep, cli.CatPolicy, "keep", "don't delete the users at the end"),
			cli.StringFlag(
				&o.passwordFile,
				cli.CatPolicy,
				"password-file",
				"",
				"`FILE` with the password of the throw-away users; by default it is random and shown",
			),
			cli.StringFlag(&o.domain, cli.CatPolicy, "mail-domain", "example.com", "`DOMAIN` of their addresses; no e-mail is sent"),
			cli.StringFlag(&o.state, cli.CatState, "state", "", "`FILE` with the state; default <first file>.canary"),
		}, o.source.Flags(), o.source.SelectionFlags(), o.target.Flags(), o.pace.Flags("50%"), append(o.output.Flags(), o.output.YesFlag())),
		Run: func(ctx context.Context, in *cli.Invocation) error { return runCanary(ctx, e, o, in) },
	}
}

func runCanary(ctx context.Context, e *cli.Env, o *canaryOptions, in *cli.Invocation) error {
	if len(in.Args) == 0 && (!o.clean || o.state == "") {
		return cli.Usagef("pass the export file; with --clean, that of the earlier run, or --state", "there is no file with hashes to prove")
	}
	if o.state == "" {
		o.state = input.Beside(in.Args, ".canary")
	}
	conn, tenant, err := cli.ConnectSharing(
		cli.Hard(ctx),
		e,
		cli.ConnectOptions{Target: &o.target, Pace: &o.pace, Output: &o.output, In: in, Share: cli.LiveShare},
	)
	if err != nil {
		return err
	}
	state, err := canary.Load(o.state, conn.Origin)
	if errors.Is(err, canary.ErrForeign) {
		return cli.Checkpointf("choose another file with --state, or use the domain of the earlier run", "%w", err)
	}
	if err != nil {
		return err
	}
	if o.clean {
		n := len(state.Alive())
		conn.Announce(tenant.Environment)
		if err := canary.Clean(cli.Hard(ctx), conn.Client, state); err != nil {
			return err
		}
		return o.tell(e, state, fmt.Sprintf("Deleted %s.", ui.Count(n, "throw-away user")))
	}
	source, err := o.source.Open(ctx, e, in.Args)
	if err != nil {
		return err
	}
	kinds, err := canary.KindsOf(ctx, source)
	if err != nil {
		return err
	}
	if len(kinds) == 0 {
		return cli.Usagef("use --passwords if the hashes are in a second file", "the source holds no hash that Kinde can hold")
	}
	known, fresh, err := o.password(state)
	if err != nil {
		return err
	}
	what := "Create " + ui.Count(len(kinds), "throw-away user") + " and delete them afterwards"
	if err := conn.Confirm(ctx, tenant.Environment, false, what); err != nil {
		return err
	}
	if fresh {
		if err := canary.Create(cli.Hard(ctx), conn.Client, state, kinds, o.domain, known); err != nil {
			return err
		}
	}
	o.instruct(e, conn.Origin, state, kinds, known, fresh)
	if o.wait <= 0 {
		err := o.tell(e, state, "The throw-away users exist now; --clean deletes them.")
		if err != nil || o.output.JSON {
			return err
		}
		return e.Next(e.IO.Out, "Next, when you are ready to sign in as each of them:", in.Rebuilt("canary", "", "wait"))
	}
	return o.watch(ctx, e, in, conn, state)
}

// password returns the known password, and whether the users still need it:
// when a run goes on with users that are ready, theirs is not changed.
func (o *canaryOptions) password(state *canary.State) (known string, fresh bool, err error) {
	if o.passwordFile != "" {
		data, err := input.ReadFile(o.passwordFile, cli.MaxSecret)
		if err != nil {
			return "", false, err
		}
		if known = strings.TrimRight(string(data), "\r\n"); known == "" {
			return "", false, cli.Usagef("", "%s is empty", o.passwordFile)
		}
		// Whatever it was, it is this one now.
		return known, true, nil
	}
	ready := len(state.Alive()) > 0
	for _, b := range state.Alive() {
		ready = ready && b.Ready
	}
	if ready {
		return "", false, nil
	}
	return "Canary-" + rand.Text()[:12] + "-7", true, nil
}

// instruct says how to sign in.
func (o *canaryOptions) instruct(e *cli.Env, origin string, state *canary.State, kinds []canary.Kind, known string, fresh bool) {
	users := map[string]int64{}
	for _, k := range kinds {
		users[k.Encoding] = k.Users
	}
	fmt.Fprintf(
		e.IO.Err,
		"\n%s\n",
		ui.Wrap(
			fmt.Sprintf("Sign in as each of these users, in a private window, through one of your applications in %s:", origin),
			e.IO.Width(),
			0,
		),
	)
	t := &ui.Table{Head: []string{"kind of hash", "proves it for", "e-mail"}}
	for _, b := range state.Alive() {
		t.Add(b.Encoding, ui.Count(users[b.Encoding], "user"), b.Email)
	}
	_ = t.Write(e.IO.Err, e.IO.TableWidth(e.IO.Err), 2)
	switch {
	case o.passwordFile != "":
		fmt.Fprintf(e.IO.Err, "  The password of each is the one in %s.\n\n", o.passwordFile)
	case fresh:
		fmt.Fprintf(e.IO.Err, "  The password of each: %s\n\n", known)
	default:
		fmt.Fprint(e.IO.Err, "  The password is the one that the earlier run showed.\n\n")
	}
}

// lookEvery is how often the tenant is asked who has signed in.
const lookEvery = 3 * time.Second

func (o *canaryOptions) watch(ctx context.Context, e *cli.Env, in *cli.Invocation, conn *cli.Connection, state *canary.State) error {
	err := canary.Watch(ctx, conn.Client, state, o.wait, min(lookEvery, o.wait), func(b *canary.User) {
		fmt.Fprintf(e.IO.Err, "Signed in: %s\n", b.Encoding)
	})
	if err != nil {
		if cli.Interrupted(ctx) {
			return cli.Failf("the throw-away users are still there: the same command continues, --clean deletes them", "%w", err)
		}
		return err
	}
	missing := 0
	for _, b := range state.Users {
		if b.SignedIn.IsZero() {
			missing++
		}
	}
	if !o.keep {
		if err := canary.Clean(cli.Hard(ctx), conn.Client, state); err != nil {
			return err
		}
	}
	if missing == 0 {
		err := o.tell(e, state, "Everybody could sign in: the tenant reads these hashes.")
		if err != nil || o.output.JSON {
			return err
		}
		return e.Next(e.IO.Out, "Next, see what an import would do, and with how many requests:", in.Next("import", "--dry-run"))
	}
	text := fmt.Sprintf("%s did not sign in. This says nothing about the hash unless somebody tried.", ui.Count(missing, "user"))
	if err := o.tell(e, state, text); err != nil {
		return err
	}
	if !o.output.JSON {
		if err := e.Next(e.IO.Out, "Next, try again, and sign in as each of them:", in.Rebuilt("canary", "")); err != nil {
			return err
		}
	}
	return cli.Finished(cli.ExitRecords)
}

type canaryReport struct {
	Schema   string         `json:"schema"`
	Canaries []*canary.User `json:"canaries"`
}

func (o *canaryOptions) tell(e *cli.Env, state *canary.State, text string) error {
	if o.output.JSON {
		users := state.Users
		if users == nil {
			users = []*canary.User{}
		}
		return e.WriteJSON(canaryReport{"kinde-migrate.canary/1", users})
	}
	t := &ui.Table{Head: []string{"kind of hash", "signed in", "deleted"}}
	for _, b := range state.Users {
		deleted := "no"
		if b.Deleted {
			deleted = "yes"
		}
		t.Add(b.Encoding, ui.Date(b.SignedIn), deleted)
	}
	if len(t.Rows) > 0 {
		if err := t.Write(e.IO.Out, e.IO.TableWidth(e.IO.Out), 0); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(e.IO.Out, text)
	return err
}
