package imports

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/capacity"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cli/input"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// guideDocument is what guide --json prints.
type guideDocument struct {
	Schema  string         `json:"schema"`
	File    string         `json:"file"`
	Users   int64          `json:"users"`
	Options map[string]any `json:"options"`
	Steps   []runbookStep  `json:"steps"`
}

// runbookStep is a step of the migration.
type runbookStep struct {
	When    string `json:"when"`
	Do      string `json:"do"`
	Command string `json:"command,omitempty"`
	Who     string `json:"who"`
	Takes   string `json:"takes,omitempty"`
	Seconds int64  `json:"seconds,omitempty"` // where it can be calculated
}

// decided are the options as the file names them.
func (o *guideOptions) decided() map[string]any {
	out := map[string]any{
		"files":                 o.files,
		"on_existing":           o.onExisting,
		"duplicates":            o.source.Duplicates,
		"unsupported_passwords": o.source.UnsupportedPasswords,
	}
	for name, value := range o.source.Pinned() {
		out[strings.ReplaceAll(name, "-", "_")] = value
	}
	if o.createMissing {
		out["create_missing"] = true
	}
	if o.domain != "" {
		out["domain"] = o.domain
	}
	if o.profile != "" {
		out["profile"] = o.profile
	}
	if o.rate != "auto" {
		out["rate"] = o.rate
	}
	return out
}

// optionNotes say what an option is about; the order is that of the file.
var optionNotes = []struct{ key, note string }{
	{"files", "The source. Paths are relative to the folder in which the commands run."},
	{"from", ""}, {"format", ""}, {"mapping", ""}, {"passwords", ""}, {"identities", ""}, {"memberships", ""}, {"organizations", ""},
	{"hash_params", ""}, {"assume", ""}, {"try_crypt", ""}, {"id_prefix", ""}, {"role_scope", ""},
	{"profile", "The tenant. Credentials come from KINDE_* or the profile, never from this file."},
	{"domain", "The tenant. Credentials come from KINDE_MANAGEMENT_CLIENT_ID and KINDE_MANAGEMENT_CLIENT_SECRET, never from this file."},
	{"on_existing", "Users who are already in the tenant: skip, update or fail."},
	{"duplicates", "Two records of one person: reject the second, or merge them."},
	{"unsupported_passwords", "A hash that Kinde can't take over: reset (ask for a new password), skip, or reject the record."},
	{"stale_passwords", "A hash older than the last change of the password: reset or set."},
	{"enterprise", "Enterprise identities are imported; in Kinde they exclude all others."},
	{"organization", "Everybody also becomes a member of this organization."},
	{"create_missing", "Organizations, roles, permissions and properties that the tenant lacks are created."},
	{"rate", "Requests per second; without it the import learns the limit."},
}

// write writes the options file.
func (o *guideOptions) write(s *seen) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# The options of every step of this migration: %s …  --options %s\n", cli.Program, o.out)
	b.WriteString("# Flags on the command line win. Review this file like code: it decides what happens to people's accounts.\n")
	values := o.decided()
	put := func(key string) error {
		line, err := yaml.MarshalWithOptions(map[string]any{key: values[key]}, yaml.IndentSequence(true))
		b.Write(line)
		delete(values, key)
		return err
	}
	for _, n := range optionNotes {
		if _, ok := values[n.key]; !ok {
			continue
		}
		if n.note != "" {
			fmt.Fprintf(&b, "\n# %s\n", n.note)
		}
		if err := put(n.key); err != nil {
			return fmt.Errorf("writing the options: %w", err)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if err := put(key); err != nil {
			return fmt.Errorf("writing the options: %w", err)
		}
	}
	b.WriteString("\n# Options for one command: the state of the import, for the commands that read it later.\n")
	for _, command := range []string{"report", "adoption", "rollback"} {
		line, err := yaml.Marshal(map[string]any{command: map[string]string{"checkpoint": o.checkpoint()}})
		if err != nil {
			return fmt.Errorf("writing the options: %w", err)
		}
		b.Write(line)
	}
	return atomicfile.WriteFile(o.out, []byte(b.String()))
}

func (o *guideOptions) checkpoint() string { return input.Beside(o.files, ".checkpoint") }

// Who does a step.
const (
	youDo   = "the operator"
	adminDo = "an administrator of Kinde"
	devDo   = "the developers of the application"
	allDo   = "everyone responsible for the users"
)

// smallPilot is how many people try the real tenant first; manyUsers is how many make
// a rehearsal with everybody long.
const (
	smallPilot = 50
	manyUsers  = 100_000
)

// runbook lists the steps.
func (o *guideOptions) runbook(called string, s *seen, need *capacity.Need) []runbookStep {
	line := func(command, more string) string {
		out := called + " " + command + " --options " + cli.ShellQuote(o.out)
		if more != "" {
			out += " " + more
		}
		return out
	}
	var steps []runbookStep
	when := "Weeks before"
	add := func(do, command, who, takes string, seconds int64) {
		if takes == "" && seconds > 0 {
			takes = span(seconds)
		}
		steps = append(steps, runbookStep{when, do, command, who, takes, seconds})
	}
	rehearse, rehearsal := "--sandbox", "Rehearse it with everybody, on a tenant inside the process."
	if need.Users > manyUsers {
		rehearse, rehearsal = "--sandbox --sample 1000", "Rehearse it with 1,000 people of every kind, on a tenant inside the process."
	}
	if o.rate != "auto" {
		rehearse += " --rate auto"
	}
	add(fmt.Sprintf("Read %s together: it decides what happens to people's accounts.", o.out), "", allDo, "", 0)
	add("Check the source: what is rejected, what is left behind, who needs a new password.", line("validate", ""), youDo, "", s.reading)
	if s.kept > 0 {
		add(
			"Prove that a password you know, for example your own, matches its hash. The file holds that password.",
			line("validate", "--verify-password you@example.com=password.txt"),
			youDo,
			"",
			0,
		)
	}
	add(rehearsal, line("import", rehearse), youDo, "", 0)
	add("Prepare Kinde: the application and its scopes"+connectionsOf(s)+" (docs/prepare.md).", "", adminDo, "", 0)
	switch {
	case o.createMissing:
		add("Create what the tenant lacks.", line("doctor", "--fix"), youDo, "", 0)
	default:
		add("See what the tenant lacks, and create it.", line("doctor", ""), youDo+", "+adminDo, "", 0)
	}
	if s.kinds > 0 {
		add(
			fmt.Sprintf("Prove in the real tenant that it reads the hashes: sign in as %s.", ui.Count(s.kinds, "throw-away user")),
			line("canary", ""),
			youDo,
			"as long as signing in takes",
			0,
		)
	}
	when = "Days before"
	add("See who is there already, and the exact number of requests.", line("import", "--dry-run"), youDo, "", 0)
	if need.Users > smallPilot {
		add(
			fmt.Sprintf("Import %d people of every kind, and let them try it.", smallPilot),
			line("import", fmt.Sprintf("--sample %d", smallPilot)),
			youDo+", the pilots",
			"",
			0,
		)
	}
	add("Import everybody. They still sign in where they do today.", line("import", ""), youDo, paceOf(need), need.Seconds.Max)
	add("Prove that everybody has arrived.", line("reconcile", ""), youDo, "", readBack(need))
	when = "The day"
	add("Freeze the source: no sign-ups, no changes of passwords. Export once more.", "", devDo, "", 0)
	again := called + " import NEWER-EXPORT --options " + cli.ShellQuote(o.out) + " --checkpoint " + cli.ShellQuote(o.checkpoint())
	add(
		"Import what has changed since. --gone suspend also suspends users who are gone from the source.",
		again,
		youDo,
		"only what changed",
		0,
	)
	add("Switch the application to Kinde (docs/cutover.md).", "", devDo, "", 0)
	when = "Afterwards"
	add("See who has signed in, and who fails to.", line("adoption", ""), youDo, "", 0)
	add("If necessary: switch the application back, and undo the import.", line("rollback", "--dry-run"), youDo+", "+devDo, "", 0)
	return steps
}

func connectionsOf(s *seen) string {
	if len(s.providers) == 0 {
		return ""
	}
	return ", and connections for " + strings.Join(s.providers, ", ")
}

// paceOf says how long the import takes, and at what rate.
func paceOf(n *capacity.Need) string {
	text := fmt.Sprintf("%s at %s requests a second", span(n.Seconds.Max), decimal(n.Rate))
	if n.RateFrom == capacity.Assumed {
		text += " (assumed; the pilot shows the real limit)"
	}
	if n.Fits != nil && !*n.Fits {
		text += fmt.Sprintf("; it doesn't fit %s: that needs %s a second", span(int64(n.Window)), decimal(n.RateToFit))
	}
	return text
}

// readBack is how long reading everybody takes: pages of users, twice, at the rate.
func readBack(n *capacity.Need) int64 {
	return int64(math.Ceil(2 * math.Ceil(float64(n.Users)/500) / (n.Rate * capacity.Used)))
}

func writeRunbook(e *cli.Env, o *guideOptions, s *seen, need *capacity.Need, steps []runbookStep) error {
	var b strings.Builder
	to := o.domain
	if o.profile != "" {
		to = "profile " + o.profile
	}
	if to == "" {
		to = "a tenant to be chosen"
	}
	width := e.IO.Width()
	fmt.Fprintf(
		&b,
		"Wrote %s.\n\n%s\n",
		o.out,
		ui.Wrap(fmt.Sprintf("The migration of %s from %s to %s", ui.Count(need.Users, "user"), strings.Join(o.files, ", "), to), width, 0),
	)
	when := ""
	for i, st := range steps {
		if st.When != when {
			when = st.When
			fmt.Fprintf(&b, "\n%s\n", when)
		}
		fmt.Fprintf(&b, "%3d. %s\n", i+1, strings.TrimLeft(ui.Wrap(st.Do, width, 5), " "))
		if st.Command != "" {
			fmt.Fprintf(&b, "       %s\n", st.Command)
		}
		who := "Who: " + st.Who + "."
		if st.Takes != "" {
			who += " Time: " + st.Takes + "."
		}
		fmt.Fprintf(&b, "     %s\n", strings.TrimLeft(ui.Wrap(who, width, 5), " "))
	}
	if _, err := fmt.Fprint(e.IO.Out, b.String()); err != nil {
		return err
	}
	return e.Next(e.IO.Out, "Begin by checking the source:", e.Called()+" validate --options "+cli.ShellQuote(o.out))
}
