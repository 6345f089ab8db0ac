package input

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// Checks are what the operator wants to know of the source before the first
// request, and the policies that decide what becomes of a user.
type Checks struct {
	unsupported, stale string
	enterprise         bool
	required           float64 // share of users that must have a password, in percent; 0 is none
	proofs             []*proof

	users, withPassword int64
}

// proof is one --verify-password: a person whose password the operator knows.
type proof struct {
	email    string
	file     string // "" asks
	password string
	found    bool
	hash     *password.Password
}

// Checks reads the flags, the files with known passwords included.
func (o *Options) Checks() (*Checks, error) {
	c := &Checks{unsupported: o.UnsupportedPasswords, stale: o.StalePasswords, enterprise: o.Enterprise}
	if o.requirePasswords != "" {
		p, err := cli.ParsePercent(o.requirePasswords)
		if err != nil || p < 0 || p > 100 {
			return nil, cli.Usagef("--require-passwords 95%", "--require-passwords %q is not a percentage", o.requirePasswords)
		}
		c.required = p
	}
	for _, v := range o.verifyPassword {
		email, file, _ := strings.Cut(v, "=")
		if !strings.Contains(email, "@") {
			return nil, cli.Usagef(
				"--verify-password ana@example.com=password.txt",
				"--verify-password %q is not an e-mail address with a file",
				email,
			)
		}
		p := &proof{email: email, file: file}
		if file != "" {
			data, err := ReadFile(file, cli.MaxSecret)
			if err != nil {
				return nil, err
			}
			p.password = strings.TrimRight(string(data), "\r\n")
		}
		c.proofs = append(c.proofs, p)
	}
	return c, nil
}

// Ask gets the known passwords that no file holds.
func (c *Checks) Ask(ctx context.Context, io *ui.IO) error {
	for _, p := range c.proofs {
		if p.file != "" {
			continue
		}
		var err error
		p.password, err = io.AskSecret(ctx, fmt.Sprintf("Password of %s: ", p.email))
		if errors.Is(err, ui.ErrNoTerminal) {
			return cli.Usagef("--verify-password "+p.email+"=FILE", "there is no terminal to ask for the password of %s on", p.email)
		}
		if err != nil {
			return fmt.Errorf("asking for a password: %w", err)
		}
	}
	return nil
}

// Watch returns a visitor that looks at every row on its way to next.
func (c *Checks) Watch(next intake.Visitor) intake.Visitor { return &watcher{c, next} }

type watcher struct {
	checks *Checks
	next   intake.Visitor
}

func (w *watcher) Add(it intake.Item) error {
	w.checks.see(&it, 1)
	return w.next.Add(it)
}

func (w *watcher) Replace(old, new intake.Item) error {
	w.checks.see(&old, -1)
	w.checks.see(&new, 1)
	return w.next.Replace(old, new)
}

func (c *Checks) see(it *intake.Item, n int64) {
	if it.Disposition != intake.Use {
		return
	}
	c.users += n
	if it.User.Password != nil && it.User.Password.Body != nil {
		c.withPassword += n
	}
	for _, p := range c.proofs {
		if n > 0 && slices.ContainsFunc(it.User.Identities, func(i mapping.Identity) bool {
			return i.Type == mapping.Email && compare.Fold("email", i.Value) == compare.Fold("email", p.email)
		}) {
			p.found, p.hash = true, it.User.Password
		}
	}
}

// Passed tells, after the pass, whether the source is what the operator demanded.
func (c *Checks) Passed() error {
	for _, p := range c.proofs {
		if !p.found {
			return cli.Usagef("use the address of somebody in the source", "--verify-password: %s is not in the source", p.email)
		}
		if err := password.Prove(p.hash, p.password); err != nil {
			return cli.Usagef(
				"check the salt's order and encoding, --hash-params and --assume; nothing was sent",
				"--verify-password: the known password of %s doesn't match the mapped hash: %w",
				p.email,
				err,
			)
		}
	}
	if c.required > 0 && c.users > 0 {
		if share := 100 * float64(c.withPassword) / float64(c.users); share < c.required {
			return cli.Usagef(
				"check that --passwords is the right file, or lower --require-passwords",
				"%.1f %% of the users have a password that can be imported; %g %% are required",
				share,
				c.required,
			)
		}
	}
	return nil
}

// Proved is how many known passwords opened their hash; Passed has returned nil.
func (c *Checks) Proved() int64 { return int64(len(c.proofs)) }

// Judge applies the policies to a usable user: the problems that they add, and
// how the person will sign in. What only the tenant knows is left out.
func (c *Checks) Judge(u *mapping.User) (problems []mapping.Problem, signIn string) {
	identities, links := len(u.Identities), 0
	warn := func(field, message, hint string) {
		problems = append(
			problems,
			mapping.Problem{Severity: mapping.Warning, Code: mapping.FieldDropped, Field: field, Message: message, Hint: hint},
		)
	}
	reject := func(code mapping.Code, field, message, hint string) {
		problems = append(problems, mapping.Problem{Severity: mapping.Error, Code: code, Field: field, Message: message, Hint: hint})
	}
	exclusive := false
	for _, l := range u.Links {
		if l.Enterprise && !c.enterprise {
			warn(l.Provider, "an enterprise identity excludes all others, so it is left out", "Use --enterprise to import it.")
			continue
		}
		links++
		exclusive = exclusive || l.Enterprise
	}
	if exclusive {
		for _, i := range u.Identities {
			warn(string(i.Type), "left out, because an enterprise identity excludes all others", "")
		}
		identities = 0
	}
	if identities == 0 && links == 0 {
		reject(mapping.NoIdentity, "", "nothing is left to sign in with", "Map an e-mail address, a phone number or a username.")
	}
	reset, usable := u.PasswordReset, false
	switch p := u.Password; {
	case p == nil:
	case p.Body == nil && c.unsupported == "reject":
		reject(
			mapping.PasswordUnsupported,
			"password",
			"Kinde can't hold this hash, and --unsupported-passwords reject is set",
			"Use --unsupported-passwords reset.",
		)
	case p.Body == nil:
		reset = reset || c.unsupported != "skip"
	case u.PasswordStale && c.stale != "set":
		reset = true
	default:
		usable = true
	}
	return problems, forecast(u, identities > 0, links > 0, usable, reset)
}

// forecast says how the person will sign in for the first time.
func forecast(u *mapping.User, identities, links, usable, reset bool) string {
	switch {
	case u.Suspended:
		return "suspended"
	case usable && identities:
		return "same_password"
	case reset && identities:
		return "new_password"
	case links:
		return "social"
	case slices.ContainsFunc(u.Identities, func(i mapping.Identity) bool { return identities && i.Type != mapping.Username }):
		return "code"
	default:
		return "none"
	}
}
