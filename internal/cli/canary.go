package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/canary"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

type canaryOptions struct {
	source sourceOptions
	target targetOptions
	pace   paceOptions
	output outputOptions

	state, passwordFile, domain string
	wait                        time.Duration
	clean, keep                 bool
}

func newCanary(e *env) *command {
	o := &canaryOptions{}
	return &command{
		name:  "canary",
		args:  "[FILE…]",
		short: "Prove in the real tenant that hashes work, with throw-away users",
		long: "Creates one user for each kind of hash that the source holds, whose password is known and hashed in the same way, shows how to sign in, " +
			"watches who did, and deletes them all. It is the only proof that the vendor reads a hash as this program does. " +
			"The state lies in <first file>.canary; the same command goes on with it, --clean deletes whom a crash left behind.",
		examples: []example{
			{"Prove the hashes of an export", "kinde-migrate canary users.ndjson --passwords hashes.ndjson"},
			{"Create them, and look later", "kinde-migrate canary users.ndjson --wait 0s"},
			{"Delete whom a crash left behind", "kinde-migrate canary users.ndjson --clean"},
		},
		exits: []Code{exitOK, exitFailed, exitUsage, exitRecords, exitAuth, exitCheckpoint, exitInterrupted},
		flags: flagsOf([]urfaveFlag{
			durationFlag(&o.wait, catPolicy, "wait", 15*time.Minute, "how long to wait for the sign-ins, as a `DURATION`; 0s creates the users and leaves them"),
			boolFlag(&o.clean, catPolicy, "clean", "only delete the users of an earlier run"),
			boolFlag(&o.keep, catPolicy, "keep", "leave the users there at the end"),
			strFlag(&o.passwordFile, catPolicy, "password-file", "", "`FILE` that holds the password of the throw-away users; drawn and shown unless given"),
			strFlag(&o.domain, catPolicy, "mail-domain", "example.com", "`DOMAIN` of their addresses; no mail is sent"),
			strFlag(&o.state, catState, "state", "", "`FILE` that names the users; <first file>.canary unless given"),
		}, o.source.flags(), o.source.selectionFlags(), o.target.flags(), o.pace.flags("50%"), append(o.output.flags(), o.output.yesFlag())),
		run: func(ctx context.Context, in *invocation) error { return runCanary(ctx, e, o, in) },
	}
}

func runCanary(ctx context.Context, e *env, o *canaryOptions, in *invocation) error {
	if len(in.args) == 0 && (!o.clean || o.state == "") {
		return usagef("name the export file; with --clean, that of the earlier run or --state", "there is no file whose hashes to prove")
	}
	if o.state == "" {
		o.state = besides(in.args, ".canary")
	}
	conn, tenant, err := connectSharing(hard(ctx), e, connectOptions{target: &o.target, pace: &o.pace, output: &o.output, in: in, share: liveShare})
	if err != nil {
		return err
	}
	state, err := canary.Load(o.state, conn.origin)
	if errors.Is(err, canary.ErrForeign) {
		return checkpointf("name another file with --state, or use the domain of the earlier run", "%w", err)
	}
	if err != nil {
		return err
	}
	if o.clean {
		n := len(state.Alive())
		conn.announce(tenant.environment)
		if err := canary.Clean(hard(ctx), conn.client, state); err != nil {
			return err
		}
		return o.tell(e, state, fmt.Sprintf("Deleted %s.", ui.Count(n, "throw-away user")))
	}
	source, err := o.source.open(ctx, e, in.args)
	if err != nil {
		return err
	}
	kinds, err := canary.KindsOf(ctx, source)
	if err != nil {
		return err
	}
	if len(kinds) == 0 {
		return usagef("use --passwords when the hashes lie in a second file", "the source holds no hash that Kinde can hold")
	}
	known, fresh, err := o.password(state)
	if err != nil {
		return err
	}
	what := "Create " + ui.Count(len(kinds), "throw-away user") + " and delete them afterwards"
	if err := conn.confirm(ctx, tenant.environment, false, what); err != nil {
		return err
	}
	if fresh {
		if err := canary.Hatch(hard(ctx), conn.client, state, kinds, o.domain, known); err != nil {
			return err
		}
	}
	o.instruct(e, conn.origin, state, kinds, known, fresh)
	if o.wait <= 0 {
		return o.tell(e, state, "The throw-away users are there. The same command with --wait goes on; --clean deletes them.")
	}
	return o.watch(ctx, e, conn, state)
}

// password returns the known password, and whether the users still need it:
// when a run goes on with users that are ready, theirs is not changed.
func (o *canaryOptions) password(state *canary.State) (known string, fresh bool, err error) {
	if o.passwordFile != "" {
		data, err := readSmall(o.passwordFile, maxSecret)
		if err != nil {
			return "", false, err
		}
		if known = strings.TrimRight(string(data), "\r\n"); known == "" {
			return "", false, usagef("", "%s is empty", o.passwordFile)
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
func (o *canaryOptions) instruct(e *env, origin string, state *canary.State, kinds []canary.Kind, known string, fresh bool) {
	users := map[string]int64{}
	for _, k := range kinds {
		users[k.Encoding] = k.Users
	}
	fmt.Fprintf(e.io.Err, "\nSign in as each of these users, in a private window, through an application of yours in %s:\n", origin)
	t := &ui.Table{Head: []string{"kind of hash", "proves it for", "e-mail"}}
	for _, b := range state.Alive() {
		t.Add(b.Encoding, ui.Count(users[b.Encoding], "user"), b.Email)
	}
	_ = t.Write(e.io.Err, max(e.io.Width(), 120), 2) // an address must not be cut
	switch {
	case o.passwordFile != "":
		fmt.Fprintf(e.io.Err, "  The password of all of them is the one in %s.\n\n", o.passwordFile)
	case fresh:
		fmt.Fprintf(e.io.Err, "  The password of all of them: %s\n\n", known)
	default:
		fmt.Fprint(e.io.Err, "  The password is the one that the earlier run showed.\n\n")
	}
}

// lookEvery is how often the tenant is asked who has signed in.
const lookEvery = 3 * time.Second

func (o *canaryOptions) watch(ctx context.Context, e *env, conn *connection, state *canary.State) error {
	err := canary.Watch(ctx, conn.client, state, o.wait, min(lookEvery, o.wait), func(b *canary.Bird) {
		fmt.Fprintf(e.io.Err, "Signed in: %s\n", b.Encoding)
	})
	if err != nil {
		if interrupted(ctx) {
			return failf("the throw-away users are still there: the same command goes on, --clean deletes them", "%w", err)
		}
		return err
	}
	missing := 0
	for _, b := range state.Birds {
		if b.SignedIn.IsZero() {
			missing++
		}
	}
	if !o.keep {
		if err := canary.Clean(hard(ctx), conn.client, state); err != nil {
			return err
		}
	}
	if missing == 0 {
		return o.tell(e, state, "Everybody could sign in: the tenant reads these hashes.")
	}
	text := fmt.Sprintf("%s did not sign in: that is no proof against the hash unless somebody tried.", ui.Count(missing, "user"))
	return errors.Join(o.tell(e, state, text), finished(exitRecords))
}

type canaryReport struct {
	Schema   string         `json:"schema"`
	Canaries []*canary.Bird `json:"canaries"`
}

func (o *canaryOptions) tell(e *env, state *canary.State, text string) error {
	if o.output.json {
		birds := state.Birds
		if birds == nil {
			birds = []*canary.Bird{}
		}
		return e.writeJSON(canaryReport{"kinde-migrate.canary/1", birds})
	}
	t := &ui.Table{Head: []string{"kind of hash", "signed in", "deleted"}}
	for _, b := range state.Birds {
		deleted := "no"
		if b.Deleted {
			deleted = "yes"
		}
		t.Add(b.Encoding, ui.Date(b.SignedIn), deleted)
	}
	if len(t.Rows) > 0 {
		if err := t.Write(e.io.Out, e.io.Width(), 0); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(e.io.Out, text)
	return err
}
