package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kinde-migrate/kinde-migrate/internal/cmd"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

func TestMain(m *testing.M) {
	testscript.Main(fromRoot{m}, map[string]func(){program: func() { os.Exit(cmd.Process()) }, runnerName: serveCommands})
}

// fromRoot runs the tests in the module's folder, where documents and samples lie.
type fromRoot struct{ *testing.M }

func (m fromRoot) Run() int {
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	testenv.Parallel(4)
	return m.M.Run()
}

// TestScripts runs the stories in testdata/script against the real program.
func TestScripts(t *testing.T) {
	samples, err := filepath.Abs("samples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("SAMPLES", samples)
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(env.WorkDir, "config"))
			env.Setenv("HOME", env.WorkDir)
			env.Values[tenantKey{}] = &holder{}
			return brisk(env.Getenv("XDG_CONFIG_HOME"))
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"tenant":    startTenant,
			"json":      checkJSON,
			"signin":    signIn,
			"load":      loadFile,
			"same":      sameBytes,
			"exitcode":  exitCode,
			"run":       runCommand,
			"waitfor":   waitFor,
			"fits":      fitsSchema(t),
			"within":    withinFiles,
			"samelines": sameLines,
		},
	})
}

type tenantKey struct{}

// holder holds the tenant of a script, and its runner.
type holder struct {
	tenant *sandbox.Tenant
	runner *runner
}

// startTenant starts a sandbox in this process and points KINDE_* at it:
//
//	tenant [live] [latency=20ms] [faults=faults.yaml] [definitions.yaml]
func startTenant(ts *testscript.TestScript, neg bool, args []string) {
	options := sandbox.Options{Seed: 1, Demo: true}
	for _, a := range args {
		if a == "live" {
			options.Live, options.Name = true, "Production"
			continue
		}
		if a == "no-default-membership" {
			options.Quirks.NoDefaultMembership = true
			continue
		}
		if text, ok := strings.CutPrefix(a, "latency="); ok {
			var err error
			options.Latency, err = time.ParseDuration(text)
			ts.Check(err)
			continue
		}
		if file, ok := strings.CutPrefix(a, "faults="); ok {
			var err error
			options.Faults, err = sandbox.ReadFaults(ts.MkAbs(file))
			ts.Check(err)
			continue
		}
		definitions, err := sandbox.ReadDefinitions(ts.MkAbs(a))
		ts.Check(err)
		options.Definitions = definitions
	}
	server := httptest.NewUnstartedServer(nil)
	options.BaseURL = "http://" + server.Listener.Addr().String()
	tenant, err := sandbox.Open(options)
	ts.Check(err)
	ts.Value(tenantKey{}).(*holder).tenant = tenant
	server.Config.Handler = tenant
	server.Start()
	ts.Defer(func() {
		server.Close()
		tenant.Close()
	})
	ts.Setenv("KINDE_DOMAIN", options.BaseURL)
	ts.Setenv("KINDE_MANAGEMENT_CLIENT_ID", tenant.ClientID)
	ts.Setenv("KINDE_MANAGEMENT_CLIENT_SECRET", tenant.ClientSecret)
}

// signIn tries to sign somebody in at the tenant that KINDE_DOMAIN names:
//
//	[!] signin IDENTITY PASSWORD
func signIn(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] signin IDENTITY PASSWORD")
	}
	signedIn, reason, err := trySignIn(ts.Getenv("KINDE_DOMAIN"), args[0], args[1])
	ts.Check(err)
	if signedIn == neg {
		ts.Fatalf("%s: signed in is %v (%s)", args[0], signedIn, reason)
	}
}

// loadFile imports a file into the script's tenant as the dashboard does; no row
// may be refused:
//
//	load ndjson|csv|organizations FILE
func loadFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: load FORMAT FILE")
	}
	file, err := os.Open(ts.MkAbs(args[1]))
	ts.Check(err)
	defer file.Close()
	answer, err := http.Post(ts.Getenv("KINDE_DOMAIN")+"/sandbox/import?format="+args[0], "application/octet-stream", file)
	ts.Check(err)
	defer answer.Body.Close()
	var out sandbox.Loaded
	ts.Check(json.NewDecoder(answer.Body).Decode(&out))
	if answer.StatusCode != http.StatusOK || len(out.Refused) > 0 || out.Created == 0 {
		ts.Fatalf("%d %+v", answer.StatusCode, out)
	}
}

func trySignIn(base, identity, password string) (signedIn bool, reason string, err error) {
	body, err := json.Marshal(map[string]string{"identity": identity, "password": password})
	if err != nil {
		return false, "", err
	}
	answer, err := http.Post(base+"/sandbox/sign-in", "application/json", bytes.NewReader(body))
	if err != nil {
		return false, "", err
	}
	defer answer.Body.Close()
	var result struct {
		SignedIn bool   `json:"signed_in"`
		Reason   string `json:"reason"`
	}
	err = json.NewDecoder(answer.Body).Decode(&result)
	return result.SignedIn, result.Reason, err
}

// checkJSON checks that a file (or stdout) is exactly one JSON document, and a
// value in it:
//
//	json FILE|stdout [PATH WANT]…
func checkJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 || len(args)%2 == 0 {
		ts.Fatalf("usage: json FILE [PATH WANT]…")
	}
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	d.UseNumber()
	var doc any
	if err := d.Decode(&doc); err != nil {
		ts.Fatalf("%s is not JSON: %v", args[0], err)
	}
	if d.More() {
		ts.Fatalf("%s holds more than one document", args[0])
	}
	for i := 1; i < len(args); i += 2 {
		got := fmt.Sprint(valueAt(doc, args[i]))
		if (got == args[i+1]) == neg {
			ts.Fatalf("%s: %s is %s, want %s", args[0], args[i], got, args[i+1])
		}
	}
}

// valueAt follows member names and indexes, joined by dots; "len" is a length.
func valueAt(doc any, path string) any {
	for _, step := range strings.Split(path, ".") {
		switch v := doc.(type) {
		case map[string]any:
			if step == "len" && v["len"] == nil {
				doc = len(v)
			} else {
				doc = v[step]
			}
		case []any:
			if step == "len" {
				doc = len(v)
				continue
			}
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(v) {
				return "nothing"
			}
			doc = v[i]
		default:
			return "nothing"
		}
	}
	return doc
}

// sameBytes compares two files byte for byte.
func sameBytes(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: same FILE1 FILE2")
	}
	a, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	b, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	if bytes.Equal(a, b) == neg {
		ts.Fatalf("%s and %s:\n%q\n%q", args[0], args[1], a, b)
	}
}

// exitCode has a command of the program run and checks how it exits:
//
//	exitcode N kinde-migrate ARGS…
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || args[1] != program {
		ts.Fatalf("usage: exitcode N kinde-migrate ARGS…")
	}
	if got, want := strconv.Itoa(inRunner(ts, args[1:])), args[0]; got != want {
		ts.Fatalf("exit code %s, want %s", got, want)
	}
}

// waitFor waits until the tenant has answered so many requests, has let so many
// go wrong, or until a file holds a text:
//
//	waitfor N
//	waitfor faults N
//	waitfor FILE TEXT
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	tenant := ts.Value(tenantKey{}).(*holder).tenant
	there := func() bool {
		data, err := os.ReadFile(ts.MkAbs(args[0]))
		return err == nil && strings.Contains(string(data), args[1])
	}
	if want, err := strconv.Atoi(args[len(args)-1]); err == nil {
		there = func() bool {
			seen := tenant.Stats()
			return len(args) == 1 && seen.Requests >= want || args[0] == "faults" && seen.Faults >= want
		}
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if there() {
			return
		}
	}
	ts.Fatalf("waited in vain for %s", strings.Join(args, " "))
}
