package chaos

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestNothingInTMPDIRCanBeRead runs commands that need room for more than memory
// holds, looks at every byte that lies in TMPDIR while they run (also in files
// that have no name any more), kills them, looks again, and runs them to their
// end. No byte may tell who is migrated; what the killed run left must be gone.
// Without KINDE_CHAOS_KILLS one command is drawn.
func TestNothingInTMPDIRCanBeRead(t *testing.T) {
	t.Parallel()
	turn(t)
	if runtime.GOOS == "windows" {
		t.Skip("needs kill -9")
	}
	if testing.Short() || underRace {
		t.Skip("takes a while")
	}
	binary := program(t)
	start := &stage{T: t, binary: binary, dir: filepath.Join(t.TempDir(), "start"), address: "127.0.0.1:0", people: population(t, 250)}
	if err := os.Mkdir(start.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	start.open("rules: []\n", definitions)
	defer func() { start.running.stop() }()
	start.imported()
	start.must("backup", "--out", "backups", "--plaintext", "--detail", "full", "--quiet")
	start.running.stop()
	start.open("rules: []\n", definitions, "--latency", "40ms")
	marks := marksOf(start)
	other := []string{
		"import",
		"users.ndjson",
		"--passwords",
		"passwords.ndjson",
		"--memberships",
		"memberships.csv",
		"--yes",
		"--quiet",
		"--json",
	}
	commands := map[string][]string{
		"import --dry-run":       append(slices.Clone(other), "--dry-run", "--checkpoint", "another"),
		"import --dry-run again": append(slices.Clone(other), "--dry-run", "--retry-failed"),
		"reconcile":              {"reconcile", "users.ndjson", "--memberships", "memberships.csv", "--deep", "--quiet"},
		"rollback --dry-run":     {"rollback", "--checkpoint", "users.ndjson.checkpoint", "--dry-run", "--yes", "--quiet"},
		"users --dry-run":        {"users", "suspend", "--ids", "ids.csv", "--dry-run", "--yes", "--quiet"},
		"restore --dry-run":      {"restore", "backups", "--checkpoint", "back.checkpoint", "--dry-run", "--yes", "--quiet"},
		"backup":                 {"backup", "--out", "more", "--plaintext", "--detail", "full", "--quiet"},
		"backup drill":           {"backup", "drill", "backups", "--quiet"},
		"export":                 {"export", "--out", "-", "--with", "identities,organizations,properties", "--quiet"},
	}
	names := slices.Sorted(maps.Keys(commands))
	for _, n := range drawn(chance(t, 10), len(names), 1, 1) {
		name, args := names[n], commands[names[n]]
		t.Run(name, func(t *testing.T) {
			w := &watcher{T: t, dir: t.TempDir(), marks: marks}
			for _, kill := range []time.Duration{400 * time.Millisecond, 900 * time.Millisecond, 0} {
				cmd := exec.CommandContext(t.Context(), binary, args...)
				cmd.Dir, cmd.Env = start.dir, append(slices.Clone(start.running.env), "TMPDIR="+w.dir)
				var said bytes.Buffer
				cmd.Stdout, cmd.Stderr = &said, &said
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				ended := make(chan error, 1)
				go func() { ended <- cmd.Wait() }()
				err := w.watch(cmd.Process.Pid, ended, kill, cmd.Process.Kill)
				// Whoever was there a moment before the first run is said to be unexpected
				// when both fell into one second of the tenant's clock.
				if kill == 0 && err != nil && !(name == "reconcile" && cmd.ProcessState.ExitCode() == 6) {
					t.Fatalf("%v\n%.3000s", err, said.String())
				}
				w.look(cmd.Process.Pid)
			}
			left, err := os.ReadDir(w.dir)
			if err != nil {
				t.Error(err)
			}
			for _, entry := range left {
				// A folder that was made and not locked yet when its process was killed is
				// empty, and stays for an hour: another process may be about to lock it.
				if inside, err := os.ReadDir(filepath.Join(w.dir, entry.Name())); err != nil || len(inside) > 0 {
					t.Errorf("left: %v with %v, %v", entry, inside, err)
				}
			}
			if w.seen == 0 {
				t.Error("nothing ever lay in TMPDIR")
			}
			t.Logf("%d bytes were looked at", w.seen)
		})
	}
}

// marksOf is what would tell who is migrated.
func marksOf(x *stage) []string {
	// Shorter ones would be found in what is drawn at random.
	marks := []string{"example.com", "Given1", "person0", "_INVALID", "CREATE TABLE"}
	for _, u := range x.running.peek(x.T)[:60] {
		marks = append(marks, u.ID)
	}
	for _, p := range x.people[:60] {
		for _, text := range []string{p.phone, p.google, p.hash, strings.TrimPrefix(p.id, "auth0|")} {
			if len(text) > 6 {
				marks = append(marks, text)
			}
		}
	}
	slices.Sort(marks)
	return slices.Compact(marks)
}

// watcher looks at all that lies in a folder for temporary files.
type watcher struct {
	*testing.T
	dir   string
	marks []string
	seen  int64
}

// watch looks again and again until the process has ended; it is killed after a
// while, when that is more than 0.
func (w *watcher) watch(pid int, ended <-chan error, kill time.Duration, now func() error) error {
	var due <-chan time.Time
	if kill > 0 {
		due = time.After(kill)
	}
	for {
		select {
		case err := <-ended:
			return err
		case <-due:
			w.look(pid)
			if err := now(); err != nil {
				w.Logf("killing: %v", err)
			}
			due = nil
		case <-time.After(30 * time.Millisecond):
			w.look(pid)
		}
	}
}

// look reads what lies in the folder, and what the process has open there
// without a name, as far as the system shows it.
func (w *watcher) look(pid int) {
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			w.grep(path, path)
		}
		return nil // it may be gone by now
	})
	if err != nil {
		w.Error(err)
	}
	open, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		w.Error(err)
	}
	for _, fd := range open {
		if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, w.dir) && strings.HasSuffix(to, " (deleted)") {
			w.grep(fd, to)
		}
	}
}

func (w *watcher) grep(path, name string) {
	data, err := os.ReadFile(path)
	if err != nil {
		return
	}
	w.seen += int64(len(data))
	for _, m := range w.marks {
		if at := bytes.Index(data, []byte(m)); at >= 0 {
			w.Errorf("%s holds %q at %d", strings.TrimPrefix(name, w.dir), m, at)
		}
	}
}
