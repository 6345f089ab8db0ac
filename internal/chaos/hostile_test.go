package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cmd"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// TestHostileTenant plays every wrong answer of the table to every operation
// that a command asks for, at its first, its middle and its last call, and at
// all of them. The oracle, in words:
//
//   - The command ends by itself.
//   - When it ends as it does without a fault, it has done exactly what it does
//     without one: the tenant is the same, and so is what it wrote for its user.
//   - When it ends otherwise, running it again without a fault ends as it should
//     have, with the same tenant: nothing was lost that can't be taken up again.
//   - What its report counts as created or deleted is so in the tenant.
//   - Whoever has nothing to do with the command is untouched.
//   - No token goes to another host, and no secret is printed.
//
// Undisturbed, doctor must ask for the scope of each operation that a command sends.
//
// KINDE_HOSTILE=all plays all cells, 2/4 the second quarter of them, and a number
// so many, drawn at random; unless given, 12 of six commands that are drawn.
func TestHostileTenant(t *testing.T) {
	sample, part, parts := 12, 1, 1
	random, commands := chance(t, 5), scenarios()
	only := os.Getenv("KINDE_HOSTILE_COMMAND")
	switch text := os.Getenv("KINDE_HOSTILE"); {
	case text == "" && only != "":
	case text == "":
		random.Shuffle(len(commands), func(i, k int) { commands[i], commands[k] = commands[k], commands[i] })
		commands = commands[:6]
	case text == "all":
		sample = 0
	case strings.Contains(text, "/"):
		sample = 0
		if n, err := fmt.Sscanf(text, "%d/%d", &part, &parts); n != 2 || part < 1 || part > parts {
			t.Fatalf("KINDE_HOSTILE is %q: %v", text, err)
		}
	default:
		sample, _ = strconv.Atoi(text)
	}
	var cells []*cell
	for _, d := range commands {
		if only != "" && d.name != only {
			continue
		}
		d.rehearse(t)
		d.asksForScopes(t)
		cells = append(cells, d.cells()...)
	}
	total := len(cells)
	random.Shuffle(len(cells), func(i, k int) { cells[i], cells[k] = cells[k], cells[i] })
	if only := os.Getenv("KINDE_HOSTILE_CELL"); only != "" {
		cells = slices.DeleteFunc(cells, func(c *cell) bool { return !strings.Contains(c.name(), only) })
	} else if sample > 0 {
		cells = cells[:min(sample, len(cells))]
	}
	cells = cells[(part-1)*len(cells)/parts : part*len(cells)/parts]
	wrong := 0
	for _, c := range cells {
		if !t.Run(c.name(), c.play) {
			if wrong++; wrong == 40 {
				t.Fatalf("forty of %d cells are wrong; the rest is not tried", len(cells))
			}
		}
	}
	t.Logf("%d of %d cells played, %d wrong", len(cells), total, wrong)
}

// scenario is one command against a tenant that was prepared for it.
type scenario struct {
	name    string
	before  [][]string                // commands that prepare the tenant and the folder
	edit    func(*sandbox.Edit) error // what happens in the tenant after them
	command []string
	again   []string                              // how it is taken up again; nil: by the same command
	reads   func(t *testing.T, dir string) string // what it wrote for its user
	tells   func(stdout string) string            // what it says that must be the same

	dir   string // prepared: files, tenant.state
	calls map[string]int
	end   string // the tenant after the command
	wrote string
	told  string
}

const hostileOrigin = "http://127.0.0.1:8080"

// hostileTenant is a copy of a scenario's folder with its tenant awake.
type hostileTenant struct {
	t      *testing.T
	dir    string
	tenant *sandbox.Tenant
	wire   *hostileWire
}

func (d *scenario) open(t *testing.T, dir string) *hostileTenant {
	if d.dir != "" {
		if err := os.CopyFS(dir, os.DirFS(d.dir)); err != nil {
			t.Fatal(err)
		}
	}
	tenant, err := sandbox.Open(
		sandbox.Options{
			State:        filepath.Join(dir, "tenant.state"),
			BaseURL:      hostileOrigin,
			Seed:         7,
			Demo:         true,
			Quirks:       sandbox.Quirks{MaxPageSize: 4},
			ClientID:     "hostile",
			ClientSecret: "a-Secret+Of/The=Tenant",
			Definitions:  hostileDefinitions(),
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	return &hostileTenant{t, dir, tenant, newHostileWire(tenant)}
}

// exec runs the tool in this process.
func (s *hostileTenant) exec(args []string) (code int, stdout, stderr string) {
	env := map[string]string{
		"KINDE_DOMAIN":                   hostileOrigin,
		"KINDE_MANAGEMENT_CLIENT_ID":     "hostile",
		"KINDE_MANAGEMENT_CLIENT_SECRET": "a-Secret+Of/The=Tenant",
		"HOME":                           s.dir,
		"XDG_CONFIG_HOME":                s.dir,
	}
	line := []string{"kinde-migrate"}
	for _, a := range args {
		line = append(line, strings.ReplaceAll(a, "DIR", s.dir))
	}
	var out, errs bytes.Buffer
	s.wire.calls = map[string]int{}
	code = cmd.Run(context.Background(), cli.Process{Args: line, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Transport: s.wire,
		LookupEnv: func(k string) (string, bool) { v, ok := env[k]; return v, ok }})
	return code, out.String(), errs.String()
}

// shown is all that the tenant holds, without what differs between two tenants
// that hold the same: ids, times, order.
func (s *hostileTenant) shown() string {
	var b strings.Builder
	var users []string
	for _, u := range s.tenant.Snapshot() {
		var ids []string
		for _, i := range u.Identities {
			ids = append(ids, fmt.Sprintf("%s %s %v", i.Type, strings.ToLower(i.Value), i.Verified))
		}
		slices.Sort(ids)
		hash := ""
		if u.Password != nil {
			hash = u.Password.HashedPassword
		}
		var members []string
		for _, code := range slices.Sorted(maps.Keys(u.Memberships)) {
			m := u.Memberships[code]
			members = append(
				members,
				fmt.Sprintf("%v %v %v", slices.Sorted(slices.Values(m.Roles)), slices.Sorted(slices.Values(m.Permissions)), m.Scopes),
			)
		}
		slices.Sort(members)
		users = append(
			users,
			fmt.Sprintf("%q %q %q %q suspended=%v reset=%v %v %v %v hash=%s %v", u.ProvidedID, u.GivenName, u.FamilyName, u.Picture, u.Suspended,
				u.PasswordResetRequested, ids, u.Properties, u.Flags, hash, members),
		)
	}
	slices.Sort(users)
	for _, u := range users {
		fmt.Fprintln(&b, u)
	}
	for _, d := range s.definitions() {
		fmt.Fprintln(&b, d)
	}
	fmt.Fprintln(&b, slices.Sorted(slices.Values(s.tenant.Invites("org_b"))))
	return b.String()
}

func (s *hostileTenant) definitions() (names []string) {
	client := s.client()
	ctx := context.Background()
	for p, err := range client.GetOrganizationsPages(ctx, kinde.ListRequest{}) {
		if err != nil {
			s.t.Fatal(err)
		}
		for _, o := range p.Items {
			names = append(names, "organization "+o.Name)
		}
	}
	for r, err := range client.GetRoles(ctx) {
		if err != nil {
			s.t.Fatal(err)
		}
		names = append(names, "role "+r.Key)
	}
	for r, err := range client.GetPermissions(ctx) {
		if err != nil {
			s.t.Fatal(err)
		}
		names = append(names, "permission "+r.Key)
	}
	for r, err := range client.GetProperties(ctx, "usr") {
		if err != nil {
			s.t.Fatal(err)
		}
		names = append(names, "property "+r.Key)
	}
	slices.Sort(names)
	return names
}

func (s *hostileTenant) client() *kinde.Client {
	transport := sandbox.Transport(s.tenant)
	tokens, err := kinde.NewClientCredentials(
		kinde.BaseURL(hostileOrigin),
		kinde.ClientCredentials{ClientID: "hostile", ClientSecret: "a-Secret+Of/The=Tenant", Transport: transport},
	)
	if err != nil {
		s.t.Fatal(err)
	}
	client, err := kinde.New(kinde.Config{BaseURL: kinde.BaseURL(hostileOrigin), Tokens: tokens, Transport: transport})
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

// rehearse prepares the scenario and plays it once without faults.
func (d *scenario) rehearse(t *testing.T) {
	prepared := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		for name, text := range hostileFiles() {
			if err := os.WriteFile(filepath.Join(prepared, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := d.open(t, prepared)
		if err := s.tenant.Edit(addStranger); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		for _, args := range d.before {
			if code, out, errs := s.exec(args); code != 0 {
				t.Fatalf("preparing %s: %v ends with %d\n%s%s", d.name, args, code, out, errs)
			}
		}
		if d.edit != nil {
			if err := s.tenant.Edit(d.edit); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.tenant.Close(); err != nil {
			t.Fatal(err)
		}
	})
	d.dir = prepared
	clean := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := d.open(t, clean)
		defer s.tenant.Close()
		code, out, errs := s.exec(d.command)
		if code != 0 {
			t.Fatalf("%s ends with %d without any fault\n%s%s", d.name, code, out, errs)
		}
		if d.tells != nil {
			d.told = d.tells(out)
		}
		d.calls, d.end = maps.Clone(s.wire.calls), s.shown()
		if d.reads != nil {
			d.wrote = d.reads(t, clean)
		}
	})
}

// cell is one wrong answer at one place of a scenario.
type cell struct {
	*scenario
	operation string
	at        int
	answer    badAnswer
}

func (c *cell) name() string {
	at := fmt.Sprintf("call %d", c.at)
	if c.at == 0 {
		at = "all calls"
	}
	return fmt.Sprintf("%s, %s of %s: %s", c.scenario.name, at, c.operation, c.answer.name)
}

func (d *scenario) cells() (cells []*cell) {
	for _, operation := range slices.Sorted(maps.Keys(d.calls)) { // a seed draws the same cells each time
		calls := d.calls[operation]
		list := strings.HasPrefix(operation, "get") && strings.HasSuffix(operation, "s") || operation == "GetOrganizationUsers" ||
			operation == "searchUsers"
		for _, at := range slices.Compact([]int{0, 1, (calls + 1) / 2, calls}) {
			for _, a := range badAnswers() {
				// That a write which nobody can look at was acknowledged, and not
				// done, nobody can know.
				write := !strings.HasPrefix(strings.ToLower(operation), "get") && operation != "searchUsers"
				if write && !a.acted && (a.name == "200 empty" || a.name == "200 other object") {
					continue
				}
				if !a.lists || list && at == 0 {
					cells = append(cells, &cell{d, operation, at, a})
				}
			}
		}
	}
	return cells
}

// play plays one cell, and asks the oracle.
func (c *cell) play(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := c.open(t, dir)
		defer s.tenant.Close()
		before := s.shown()
		strangers := countStrangers(s)
		s.wire.operation, s.wire.at, s.wire.answer = c.operation, c.at, c.answer
		began := time.Now()
		code, out, errs := s.exec(c.command)
		said := fmt.Sprintf("exit %d after %s\n%s%s", code, time.Since(began), out, errs)
		if s.wire.leaked != "" {
			t.Errorf("a request left for another host: %s\n%s", s.wire.leaked, said)
		}
		if strings.Contains(said, "a-Secret") {
			t.Errorf("the secret is printed: %s", said)
		}
		s.wire.operation = ""
		after := s.shown()
		if code == 2 && after != before {
			t.Errorf("exit 2, and the tenant changed\n%s", said)
		}
		c.truth(t, s, out, said)
		if code == 0 {
			c.same(t, dir, after, out, said)
			return
		}
		again := c.again
		if again == nil {
			again = c.command
		}
		var tries []string
		for range 3 {
			if code, out, errs = s.exec(again); code == 0 {
				break
			}
			tries = append(tries, fmt.Sprintf("again: exit %d\n%s%s", code, out, errs))
		}
		if code != 0 {
			t.Errorf("it can't be taken up again\n%s%s", said, strings.Join(tries, ""))
			return
		}
		c.same(t, dir, s.shown(), out, said+strings.Join(tries, "")+"again: exit "+fmt.Sprint(code)+"\n"+out+errs)
		if n := countStrangers(s); n != strangers {
			t.Errorf("%d strangers of %d are left\n%s", n, strangers, said)
		}
	})
}

func (c *cell) same(t *testing.T, dir, shown, out, said string) {
	if c.tells != nil {
		if told := c.tells(out); told != c.told {
			t.Errorf("it says %q instead of %q\n%s", told, c.told, said)
		}
	}
	if shown != c.end {
		t.Errorf("the tenant is not what it should be:\n%s\n%s", lineDiff(c.end, shown), said)
	}
	if c.reads != nil {
		if wrote := c.reads(t, dir); wrote != c.wrote {
			t.Errorf("what was written is not what it should be:\n%s\n%s", lineDiff(c.wrote, wrote), said)
		}
	}
}

// truth compares what a report counts with the tenant.
func (c *cell) truth(t *testing.T, s *hostileTenant, out, said string) {
	var report struct {
		Totals map[string]int64 `json:"totals"`
	}
	if json.Unmarshal([]byte(out), &report) != nil {
		return
	}
	users := int64(s.tenant.Count())
	if n := report.Totals["created"]; n > users {
		t.Errorf("%d created of %d users\n%s", n, users, said)
	}
	if n := report.Totals["deleted"]; n > 0 && c.scenario.name == "rollback" && n+users > rollbackUsers {
		t.Errorf("%d deleted, and %d of %d are left\n%s", n, users, int64(rollbackUsers), said)
	}
}

func countStrangers(s *hostileTenant) (n int) {
	for _, u := range s.tenant.Snapshot() {
		if u.GivenName == "Stranger" {
			n++
		}
	}
	return n
}

// lineDiff shows the lines that only one of two texts has.
func lineDiff(want, have string) string {
	var b strings.Builder
	w, h := strings.Split(want, "\n"), strings.Split(have, "\n")
	for _, l := range w {
		if !slices.Contains(h, l) {
			fmt.Fprintln(&b, "- "+l)
		}
	}
	for _, l := range h {
		if !slices.Contains(w, l) {
			fmt.Fprintln(&b, "+ "+l)
		}
	}
	if b.Len() == 0 {
		return fmt.Sprintf("the same lines in other numbers: %d and %d", len(w), len(h))
	}
	return b.String()
}
