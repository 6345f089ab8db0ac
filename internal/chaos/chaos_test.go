package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/cmd"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

// refusedTwice ends a run of which two tokens in a row were refused: the faults below
// do that now and then. The run after it goes on.
const refusedTwice = int(cli.ExitAuth)

// faults lose answers before and after the tenant acted, cut bodies, answer
// with a proxy's page, throttle, and let tokens expire.
const faults = `
seed: 7
rules:
  - {operation: createUser, probability: 0.03, kind: reset-after}
  - {operation: createUser, probability: 0.02, kind: cut-body}
  - {operation: createUser, probability: 0.02, kind: status, status: 500, when: after}
  - {operation: createUser, probability: 0.02, kind: reset-before}
  - {operation: createUser, probability: 0.01, kind: empty-body}
  - {operation: CreateUserIdentity, probability: 0.04, kind: reset-after}
  - {operation: SetUserPassword, probability: 0.02, kind: reset-after}
  - {operation: updateUser, probability: 0.04, kind: status, status: 503}
  - {operation: UpdateUserProperties, probability: 0.02, kind: cut-body}
  - {operation: AddOrganizationUsers, probability: 0.10, kind: reset-after}
  - {operation: UpdateOrganizationUsers, probability: 0.10, kind: reset-after}
  - {probability: 0.005, kind: html}
  - {probability: 0.002, kind: token-expired}
  - {probability: 0.001, kind: throttle}
`

// chaosTenants are those that an import is killed in: one as the description has it,
// and what it leaves open answered in other ways.
var chaosTenants = []struct {
	name  string
	flags []string
}{
	{"tenant as documented", nil},
	{"odd tenant", strings.Fields("--duplicate-answer 409 --limit-header none --token-lifetime 2s --quirk pages-of-100 " +
		"--quirk email-filter-exact-case --quirk email-filter-primary-only --quirk wrapped-connections " +
		"--quirk prefixed-identity-types --quirk errors-as-object --quirk create-answers-201 --quirk nulls-for-empty")},
	{"tenant that refuses with 400", strings.Fields("--duplicate-answer 400 --limit-header retry-after-date --quirk refuse-large-pages " +
		"--quirk created-false-without-id --quirk no-default-membership --quirk unknown-answers-404")},
}

// TestChaos kills the import at random instants until it finishes.
// KINDE_CHAOS_KILLS says how often at least; without it one tenant is drawn, and twice
// is enough.
func TestChaos(t *testing.T) {
	t.Parallel()
	turn(t)
	if runtime.GOOS == "windows" {
		t.Skip("needs kill -9")
	}
	kills := killsAsked(2)
	for _, n := range drawn(chance(t, 13), len(chaosTenants), 1, 1) {
		x := chaosTenants[n]
		t.Run(x.name, func(t *testing.T) {
			few := kills
			if n > 0 {
				few = max(2, kills/4)
			}
			chaos(t, few, x.flags...)
		})
	}
}

func chaos(t *testing.T, kills int, tenantFlags ...string) {
	t.Helper()
	random := chance(t, 1)

	binary := program(t)
	dir := t.TempDir()
	// Each life of the process does the work of a few people, so that the
	// kills are spread over the whole import.
	people := population(t, min(40+kills*9, 9000))
	write(t, dir, people)
	running := startTenant(t, binary, dir, faults, append([]string{"--latency", "3ms"}, tenantFlags...)...)

	killed := 0
	for life := 0; ; life++ {
		if life > kills*3+60 {
			t.Fatalf("not finished after %d lives", life)
		}
		var after time.Duration
		if killed < kills {
			after = 60*time.Millisecond + time.Duration(random.Int64N(int64(340*time.Millisecond)))
		}
		code, output := runImport(t, binary, dir, running.env, after)
		switch {
		case code == -1:
			killed++
			continue
		case code == refusedTwice:
			continue
		case code != 0:
			t.Fatalf("life %d ended with exit %d:\n%s", life, code, output)
		}
		if killed < kills {
			t.Logf("finished after %d kills; more people are needed for %d", killed, kills)
		}
		break
	}
	t.Logf("%d kills, %d people", killed, len(people))

	code, output := runImport(t, binary, dir, running.env, 0)
	if code != 0 {
		t.Fatalf("the run after the last ended with exit %d:\n%s", code, output)
	}
	var report struct {
		API struct {
			Calls int `json:"calls"`
		} `json:"api"`
		Totals map[string]int64 `json:"totals"`
	}
	if err := json.Unmarshal(output, &report); err != nil {
		t.Fatalf("reading the last report: %v\n%s", err, output)
	}
	if report.API.Calls != 0 {
		t.Errorf("a run with nothing left to do made %d requests", report.API.Calls)
	}
	if report.Totals["records"] != int64(len(people)) {
		t.Errorf("the report speaks of %d records, the source holds %d", report.Totals["records"], len(people))
	}
	users, organizations := running.users(t)
	wrong := verify(people, users, organizations)
	for i, w := range wrong {
		if i == 20 {
			break
		}
		t.Error(w)
	}
	t.Logf("%d of %d people are wrong", len(wrong), len(people))
}

// runImport runs the import like run.
func runImport(t *testing.T, binary, dir string, env []string, after time.Duration) (code int, output []byte) {
	t.Helper()
	return run(t, binary, dir, env, after, importing...)
}

var importing = []string{
	"import",
	"users.ndjson",
	"--passwords",
	"passwords.ndjson",
	"--memberships",
	"memberships.csv",
	"--create-missing",
	"--yes",
	"--quiet",
	"--json",
}

// run runs the binary; after more than 0 it is killed after this time.
// The exit code is -1 when it was.
func run(t *testing.T, binary, dir string, env []string, after time.Duration, args ...string) (code int, output []byte) {
	t.Helper()
	switch code, stdout, stderr := live(t, binary, dir, env, after, args...); code {
	case 0:
		return code, stdout
	case -1:
		return code, nil
	default:
		return code, append(withoutWarnings(stdout), stderr...)
	}
}

// withoutWarnings leaves of a report what may say why a run failed: a long text is
// cut by who shows it.
func withoutWarnings(stdout []byte) []byte {
	var report map[string]any
	if json.Unmarshal(stdout, &report) != nil {
		return stdout
	}
	for _, key := range []string{"source", "options", "passwords", "sign_in"} {
		delete(report, key)
	}
	if problems, ok := report["problems"].(map[string]any); ok {
		items, _ := problems["items"].([]any)
		problems["items"] = slices.DeleteFunc(items, func(item any) bool {
			problem, ok := item.(map[string]any)
			return ok && problem["severity"] == "warning"
		})
	}
	short, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return stdout
	}
	return append(short, '\n')
}

// live is run, and what it wrote.
func live(t *testing.T, binary, dir string, env []string, after time.Duration, args ...string) (code int, stdout, stderr []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir, cmd.Env = dir, env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if after > 0 {
		timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
	}
	err := cmd.Wait()
	var exit *exec.ExitError
	switch {
	case err == nil:
	case !errors.As(err, &exit):
		t.Fatal(err)
	case !exit.Exited():
		code = -1
	default:
		code = exit.ExitCode()
	}
	return code, out.Bytes(), errs.Bytes()
}

// TestMain makes the test binary the program, too, when it is run by that name. A
// program that is killed runs on all threads.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "kinde-migrate" {
		os.Exit(cmd.Process())
	}
	testenv.Parallel(4)
	if os.Getenv("GOMAXPROCS") == "" {
		if err := os.Setenv("GOMAXPROCS", strconv.Itoa(runtime.NumCPU())); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// program is the path of the binary.
func program(t *testing.T) string {
	t.Helper()
	if ready := os.Getenv("KINDE_MIGRATE_BINARY"); ready != "" {
		return ready
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "kinde-migrate")
	if err := os.Symlink(self, binary); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	return binary
}

func externalIDs(t *testing.T, opened *sandbox.Tenant) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, o := range definitionsOf(t, opened, "organizations") {
		out[fmt.Sprint(o["code"])], _ = o["external_id"].(string)
	}
	return out
}
