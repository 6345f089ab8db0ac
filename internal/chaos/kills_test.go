package chaos

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// rough loses answers of every operation, before and after the tenant acted.
const rough = `
rules:
  - {probability: 0.01, kind: reset-after}
  - {probability: 0.01, kind: reset-before}
  - {probability: 0.01, kind: status, status: 503, when: after}
  - {probability: 0.005, kind: cut-body}
  - {probability: 0.005, kind: html}
  - {probability: 0.002, kind: token-expired}
  - {probability: 0.001, kind: throttle}
`

// TestKillEveryCommand kills each command that writes at random instants, the
// same command again, until it has finished. Then the tenant must hold what it
// holds after the same command undisturbed, from the same beginning; nobody may
// have been without an identity in between; and what the last report counts must
// be what the undisturbed one counts. A command that finishes before its kills are
// used up begins anew. KINDE_CHAOS_KILLS says how many kills they share; unless
// given, one command that is drawn gets two.
func TestKillEveryCommand(t *testing.T) {
	t.Parallel()
	turn(t)
	random := chance(t, 3)
	chosen := drawn(random, len(scenes), 1, 1)
	slices.Sort(chosen)
	killScenes(t, random, chosen, killsAsked(2))
}

// TestKillExchange kills a delta with --mirror in which people swap addresses
// and numbers, hand them on, leave, and come back under another id.
// KINDE_CHAOS_KILLS says how often; unless given, one delta that is drawn gets two.
func TestKillExchange(t *testing.T) {
	t.Parallel()
	turn(t)
	var deltas []int
	for i, s := range scenes {
		if strings.HasPrefix(s.name, "delta") {
			deltas = append(deltas, i)
		}
	}
	random, chosen := chance(t, 4), []int{}
	for _, i := range drawn(random, len(deltas), 1, 1) {
		chosen = append(chosen, deltas[i])
	}
	killScenes(t, random, chosen, killsAsked(2))
}

// killScenes shares kills among some of the scenes.
func killScenes(t *testing.T, random *rand.Rand, chosen []int, kills int) {
	if runtime.GOOS == "windows" {
		t.Skip("needs kill -9")
	}
	binary, each := program(t), (kills+len(chosen)-1)/len(chosen)
	for _, i := range chosen {
		t.Run(scenes[i].name, func(t *testing.T) { scenes[i].play(t, binary, random, each) })
	}
}

// scene is a command that writes.
type scene struct {
	name   string
	people int
	before func(*stage) // makes the files and what the tenant holds before
	args   []string
	report string       // where its report lies; "" when it writes none
	drawn  bool         // names are drawn, so that no two tenants are alike
	after  func(*stage) // what else must be so at the end
}

// stage is where a scene is played: a folder with the files and the tenant.
type stage struct {
	*testing.T
	binary, dir, address string
	people               []person
	running              *tenant
}

// told is what a report says.
type told struct {
	RunID          string           `json:"run_id"`
	Interrupted    bool             `json:"interrupted"`
	Totals         map[string]int64 `json:"totals"`
	Reconciliation struct {
		Matched, Missing, Different, Explained, Unexpected int64
	} `json:"reconciliation"`
}

func (s *scene) play(t *testing.T, binary string, random *rand.Rand, kills int) {
	start := s.start(t, binary)
	calm := start.copy("calm")
	calm.open("rules: []\n", "organizations: []\n", "--latency", "3ms")
	begun := time.Now()
	calm.must(s.args...)
	took := time.Since(begun)
	want, said := calm.running.portrait(t), calm.told(s.report)
	if (s.report != "") != (said.RunID != "") {
		t.Fatalf("the report of run %q lies in %q", said.RunID, s.report)
	}
	if s.after != nil {
		s.after(calm)
	}
	calm.running.stop()

	done := 0
	for round := 0; done < kills; round++ {
		if round > 3*kills+20 {
			t.Fatalf("%d rounds made %d kills", round, done)
		}
		wild := start.copy(fmt.Sprint("wild", round))
		wild.open(fmt.Sprintf("seed: %d\n", random.Uint32())+rough, "organizations: []\n", "--latency", "3ms")
		was := wild.running.stranded(t)
		report := wild.untilDone(s, random, took, &done, min(kills-done, 25))
		if now := wild.running.stranded(t); len(now) > len(was) {
			t.Errorf("without an identity for a while: %v", now)
		}
		for i, d := range differences(wild.running.portrait(t), want) {
			if i < 10 && !s.drawn {
				t.Errorf("%s: %s", wild.dir, d)
			}
		}
		if s.report != "" && (!maps.Equal(report.Totals, said.Totals) || report.Reconciliation != said.Reconciliation) {
			t.Errorf("the report says %v %+v, an undisturbed one %v %+v", report.Totals, report.Reconciliation, said.Totals, said.Reconciliation)
		}
		if s.after != nil {
			s.after(wild)
		}
		wild.running.stop()
		if t.Failed() {
			return
		}
		if err := os.RemoveAll(wild.dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills; undisturbed it takes %v", done, took.Round(time.Millisecond))
}

// start is the stage before the command.
func (s *scene) start(t *testing.T, binary string) *stage {
	start := &stage{T: t, binary: binary, dir: filepath.Join(t.TempDir(), "start"), address: "127.0.0.1:0", people: population(t, s.people)}
	if err := os.Mkdir(start.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	// A tenant without a limit has nothing to be learnt; TestChaos and TestPhases kill
	// commands that learn.
	start.write("kinde-migrate.yaml", "rate: 1000\n")
	start.open("rules: []\n", definitions)
	s.before(start)
	start.running.stop()
	return start
}

// untilDone runs the command until it has finished, and returns its report.
func (x *stage) untilDone(s *scene, random *rand.Rand, window time.Duration, killed *int, kills int) told {
	x.Helper()
	var report told
	before := x.told(s.report).RunID
	for life, mine := 0, 0; ; life++ {
		if life > 3*kills+60 {
			x.Fatalf("not finished after %d lives", life)
		}
		var after time.Duration
		if mine < kills {
			// Now early, now at any time: one makes lives that get nowhere, the other
			// reaches what a command does last.
			latest := window
			if life%2 == 0 {
				latest = min(window, 400*time.Millisecond)
			}
			after = 15*time.Millisecond + time.Duration(random.Int64N(int64(latest)))
		}
		code, out := run(x.T, x.binary, x.dir, x.running.env, after, s.args...)
		switch {
		case code == -1:
			*killed++
			mine++
		case code == refusedTwice:
			before = x.told(s.report).RunID
			continue
		case code != 0:
			x.Fatalf("life %d ended with exit %d:\n%s", life, code, out)
		}
		// A run that is killed after its report has told the truth already; the
		// next one is another.
		if report.RunID == "" {
			if now := x.told(s.report); now.RunID != before && !now.Interrupted && now.Totals["pending"] == 0 {
				report = now
			}
		}
		if code == 0 {
			return report
		}
	}
}

// open starts the tenant, at the address that it had before.
func (x *stage) open(faults, define string, flags ...string) {
	x.Helper()
	x.write("define.yaml", define)
	x.running = startTenant(x.T, x.binary, x.dir, faults, append([]string{"--seed", "1", "--listen", x.address}, flags...)...)
	for _, e := range x.running.env {
		if address, ok := strings.CutPrefix(e, "KINDE_DOMAIN=http://"); ok {
			x.address = address
		}
	}
}

// copy makes another stage that looks like this one.
func (x *stage) copy(name string) *stage {
	x.Helper()
	dir := filepath.Join(filepath.Dir(x.dir), name)
	if err := os.CopyFS(dir, os.DirFS(x.dir)); err != nil {
		x.Fatal(err)
	}
	return &stage{T: x.T, binary: x.binary, dir: dir, address: x.address, people: x.people}
}

func (x *stage) write(name, text string) {
	x.Helper()
	if err := os.WriteFile(filepath.Join(x.dir, name), []byte(text), 0o600); err != nil {
		x.Fatal(err)
	}
}

// must runs a command undisturbed and returns what it prints.
func (x *stage) must(args ...string) []byte {
	x.Helper()
	code, out := run(x.T, x.binary, x.dir, x.running.env, 0, args...)
	if code != 0 {
		x.Fatalf("%v ended with exit %d:\n%s", args, code, out)
	}
	return out
}

// told reads a report; there is none before the first is written.
func (x *stage) told(dir string) (r told) {
	x.Helper()
	if dir == "" {
		return r
	}
	data, err := os.ReadFile(filepath.Join(x.dir, dir, "report.json"))
	if os.IsNotExist(err) {
		return r
	}
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		x.Fatalf("the report of %s: %v", dir, err)
	}
	return r
}

// names lists the addresses of some of the people, as the verbs take them.
func (x *stage) names(which func(int) bool) string {
	var list []string
	for i, p := range x.people {
		if p.email != "" && which(i) {
			list = append(list, p.email)
		}
	}
	return strings.Join(slices.Compact(list), "\n") + "\n"
}
