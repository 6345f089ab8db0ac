package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// disturbance is what happens to a run from outside without killing it.
type disturbance struct {
	name   string
	tenant []string // how the sandbox is started, beside how it is for all
	// act is called after a while; ended is closed with the process.
	act    func(p *os.Process, ended <-chan struct{})
	within time.Duration // after act the process has to be over; 0: it goes on to its end
	ends   []int         // as what
}

// graceOf is what --grace is where nobody says otherwise; not every command has the flag.
const graceOf = 10 * time.Second

func signals(gap time.Duration, list ...os.Signal) func(*os.Process, <-chan struct{}) {
	return func(p *os.Process, ended <-chan struct{}) {
		for i, s := range list {
			if i > 0 {
				select {
				case <-ended:
				case <-time.After(gap):
				}
			}
			_ = p.Signal(s) // it may have ended
		}
	}
}

// TestDisturbEveryCommand closes the terminal of each command that writes, stops it
// for longer than its token lives and a hold lasts, asks it to end, and asks it twice
// and three times. It ends as it should and in time; run
// again until it has finished, the tenant holds what it holds after an undisturbed
// run, and the report says the same. KINDE_CHAOS_KILLS of 200 and more tries all
// commands; otherwise one is drawn, and without KINDE_CHAOS_KILLS two of the ways.
func TestDisturbEveryCommand(t *testing.T) {
	t.Parallel()
	turn(t)
	if runtime.GOOS == "windows" || testing.Short() || underRace {
		t.Skip("needs signals, and takes a while")
	}
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("was started by nohup: a process that ignores SIGHUP is how we see that it minds its signals")
	}
	binary, random := program(t), chance(t, 6)
	chosen := drawn(random, len(scenes), 1, 200)
	slices.Sort(chosen)
	for _, i := range chosen {
		var ways []disturbance
		for _, n := range drawn(random, len(patient()), 2, 1) {
			ways = append(ways, patient()[n])
		}
		t.Run(scenes[i].name, func(t *testing.T) { scenes[i].disturb(t, binary, random, ways) })
	}
}

func (s *scene) disturb(t *testing.T, binary string, random *rand.Rand, list []disturbance) {
	start := s.start(t, binary)
	calm := start.copy("calm")
	calm.open("rules: []\n", "organizations: []\n", "--latency", "10ms")
	begun := time.Now()
	calm.must(s.args...)
	took := time.Since(begun)
	want, said := calm.running.portrait(t), calm.told(s.report)
	calm.running.stop()
	for n, d := range list {
		wild := start.copy(fmt.Sprint("wild", n))
		if len(d.tenant) > 0 {
			wild.write("kinde-migrate.yaml", "rate: auto\n") // this one has a limit
		}
		wild.open("rules: []\n", "organizations: []\n", append([]string{"--latency", "10ms"}, d.tenant...)...)
		before := wild.told(s.report).RunID
		after := 15*time.Millisecond + time.Duration(random.Int64N(int64(took)))
		code, out := wild.disturbed(d, after, s.args)
		if !slices.Contains(d.ends, code) {
			t.Errorf("%s after %v: it ended with %d\n%s", d.name, after, code, out)
		}
		report := wild.told(s.report)
		if report.RunID == before || report.Interrupted || report.Totals["pending"] > 0 {
			report = told{}
		}
		for tries := 0; code != 0; tries++ {
			if tries == 3 {
				t.Fatalf("%s: it does not finish: exit %d\n%s", d.name, code, out)
			}
			var text []byte
			code, text = run(t, binary, wild.dir, wild.running.env, 0, s.args...)
			out = string(text)
		}
		if report.RunID == "" {
			report = wild.told(s.report)
		}
		for i, x := range differences(wild.running.portrait(t), want) {
			if i < 10 && !s.drawn {
				t.Errorf("%s: %s", d.name, x)
			}
		}
		if s.report != "" && (!maps.Equal(report.Totals, said.Totals) || report.Reconciliation != said.Reconciliation) {
			t.Errorf(
				"%s: the report says %v %+v, an undisturbed one %v %+v",
				d.name,
				report.Totals,
				report.Reconciliation,
				said.Totals,
				said.Reconciliation,
			)
		}
		if s.after != nil {
			s.after(wild)
		}
		wild.running.stop()
	}
}

// disturbed runs a command and disturbs it after a while.
func (x *stage) disturbed(d disturbance, after time.Duration, args []string) (code int, out string) {
	x.Helper()
	ctx, cancel := context.WithTimeout(x.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, x.binary, args...)
	cmd.Dir, cmd.Env = x.dir, x.running.env
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		x.Fatal(err)
	}
	ended := make(chan struct{})
	var acted time.Time
	done := make(chan error, 1)
	go func() { err := cmd.Wait(); close(ended); done <- err }()
	listening(cmd.Process.Pid, ended)
	select {
	case <-ended:
	case <-time.After(after):
		acted = time.Now()
		if d.act != nil {
			d.act(cmd.Process, ended)
		}
	}
	err := <-done
	if spent := time.Since(acted); d.within > 0 && !acted.IsZero() && spent > d.within {
		x.Errorf("%s: it ended %v after that", d.name, spent)
	}
	if err == nil {
		return 0, said.String()
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		x.Fatal(err)
	}
	return exit.ExitCode(), said.String()
}

// listening returns when the process minds its signals: one that comes while it is
// still being loaded ends any process.
func listening(pid int, ended <-chan struct{}) {
	for range 500 {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil && !errors.Is(err, os.ErrNotExist) || runtime.GOOS != "linux" {
			time.Sleep(300 * time.Millisecond)
			return
		}
		for line := range strings.Lines(string(status)) {
			bits, found := strings.CutPrefix(line, "SigIgn:")
			if mask, err := strconv.ParseUint(strings.TrimSpace(bits), 16, 64); found && err == nil && mask&1 != 0 {
				return
			}
		}
		select {
		case <-ended:
			return
		case <-time.After(2 * time.Millisecond):
		}
	}
}
