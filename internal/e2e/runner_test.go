package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kinde-migrate/kinde-migrate/internal/cmd"
)

// runner is a process of one script that runs the program's commands one after the
// other, in the script's folder and environment: the program takes as long to start as
// most commands take. "run kinde-migrate" and "exitcode N kinde-migrate" go there, and
// "exec kinde-migrate" starts the program: where it runs in the background, gets input
// or a signal, or must know nothing of the command before.
type runner struct {
	in   *json.Encoder
	out  *json.Decoder
	stop func()
}

// The names by which the test binary is the program, or a runner.
const program, runnerName = "kinde-migrate", "kinde-migrate-runner"

// request is a command to be run, and response how it went.
type request struct {
	Dir       string
	Env, Args []string
}

type response struct {
	Code           int
	Stdout, Stderr []byte
}

// serveCommands runs the commands that come on standard input.
func serveCommands() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	debug.SetGCPercent(400) // each command leaves little, and all of it
	for {
		var e request
		if err := in.Decode(&e); err != nil {
			return
		}
		os.Clearenv()
		for _, variable := range e.Env {
			name, value, _ := strings.Cut(variable, "=")
			if err := os.Setenv(name, value); err != nil {
				panic(err)
			}
		}
		if err := os.Chdir(e.Dir); err != nil {
			panic(err)
		}
		var stdout, stderr bytes.Buffer
		code := cmd.Main(context.Background(), e.Args, strings.NewReader(""), &stdout, &stderr)
		if err := out.Encode(response{code, stdout.Bytes(), stderr.Bytes()}); err != nil {
			panic(err)
		}
	}
}

// startRunner starts the runner of a script.
func startRunner() (*runner, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := exec.Command(self)
	c.Args[0], c.Stderr = runnerName, os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stop := func() {
		in.Close()
		_ = c.Wait() // it has nothing to say
	}
	return &runner{json.NewEncoder(in), json.NewDecoder(out), stop}, c.Start()
}

// variables are those of the environment that a script may set.
var variables = []string{
	"PATH",
	"HOME",
	"TMPDIR",
	"XDG_CONFIG_HOME",
	"KINDE_DOMAIN",
	"KINDE_MANAGEMENT_CLIENT_ID",
	"KINDE_MANAGEMENT_CLIENT_SECRET",
}

// TestScriptsSetWhatRunnersGet: no script sets a variable that its runner does not get.
func TestScriptsSetWhatRunnersGet(t *testing.T) {
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatal(err)
	}
	for _, path := range scripts {
		for _, found := range regexp.MustCompile(`(?m)^env (\w+)=`).FindAllStringSubmatch(readPage(t, path), -1) {
			if !slices.Contains(variables, found[1]) {
				t.Errorf("%s sets %s, which is not in variables", path, found[1])
			}
		}
	}
}

// runCommand has a command of the program run:
//
//	[!] run kinde-migrate ARGS…
func runCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 || args[0] != program {
		ts.Fatalf("usage: [!] run kinde-migrate ARGS…")
	}
	if code := inRunner(ts, args); (code == 0) == neg {
		ts.Fatalf("exit code %d", code)
	}
}

// inRunner has the script's runner run a command, and returns how it exited.
func inRunner(ts *testscript.TestScript, args []string) int {
	own := ts.Value(tenantKey{}).(*holder)
	if own.runner == nil {
		started, err := startRunner()
		ts.Check(err)
		own.runner = started
		ts.Defer(started.stop)
	}
	e := request{Dir: ts.MkAbs("."), Args: args}
	for _, name := range variables {
		if value := ts.Getenv(name); value != "" {
			e.Env = append(e.Env, name+"="+value)
		}
	}
	ts.Check(own.runner.in.Encode(e))
	var done response
	ts.Check(own.runner.out.Decode(&done))
	_, err := ts.Stdout().Write(done.Stdout)
	ts.Check(err)
	_, err = ts.Stderr().Write(done.Stderr)
	ts.Check(err)
	return done.Code
}
