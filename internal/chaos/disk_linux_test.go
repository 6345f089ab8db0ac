package chaos

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk runs commands in a folder whose disk becomes full, at another
// write each time: the checkpoint, a temporary file or the report. The command
// must say so and end with exit 1; where there is room again the same command
// goes on, and the tenant holds what it holds after an undisturbed run. One
// command that is drawn meets it twice, with KINDE_CHAOS_KILLS all of them, and with
// 200 and more of those six times.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	turn(t)
	if testing.Short() {
		t.Skip("takes a while")
	}
	binary := program(t)
	names := []string{"import", "delta, gone are deleted", "rollback", "restore", "backup", "reconcile --fix", "users suspend", "canary"}
	steps := 2
	if killsAsked(0) >= 200 {
		steps = 6
	}
	for _, n := range drawn(chance(t, 9), len(names), 1, 1) {
		name := names[n]
		i := slices.IndexFunc(scenes, func(s scene) bool { return s.name == name })
		t.Run(name, func(t *testing.T) { scenes[i].fill(t, binary, steps) })
	}
}

func (s *scene) fill(t *testing.T, binary string, steps int) {
	start := s.start(t, binary)
	calm := start.copy("calm")
	calm.open("rules: []\n", "organizations: []\n")
	small := calm.disk()
	begins := small.used()
	small.must(s.args...)
	want, said := calm.running.portrait(t), small.told(s.report)
	used := small.used()
	calm.running.stop()
	full := 0
	for n := range steps {
		wild := start.copy(fmt.Sprint("wild", n))
		wild.open("rules: []\n", "organizations: []\n")
		small := wild.disk()
		small.resize(begins + (used-begins)*int64(n)/int64(steps))
		code, out := run(t, binary, small.dir, small.running.env, 0, s.args...)
		if code != 0 {
			full++
			if text := string(out); code != 1 || !strings.Contains(text, "no space left") && !strings.Contains(text, "disk is full") {
				t.Errorf("a full disk ended with exit %d:\n%s", code, out)
			}
		}
		small.resize(64 << 20)
		small.must(s.args...)
		if s.report != "" && code != 0 {
			if now := small.told(s.report); fmt.Sprint(now.Totals) != fmt.Sprint(said.Totals) {
				t.Errorf("the report says %v, an undisturbed one %v", now.Totals, said.Totals)
			}
		}
		for i, d := range differences(wild.running.portrait(t), want) {
			if i < 10 && !s.drawn {
				t.Error(d)
			}
		}
		if s.after != nil {
			small.running = wild.running
			s.after(small)
		}
		wild.running.stop()
	}
	t.Logf("full %d of %d times, between %d and %d bytes", full, steps, begins, used)
	if full == 0 {
		t.Error("the disk was never full")
	}
}

// disk is the stage with its files on a disk of their own, of which the tenant
// has no part.
func (x *stage) disk() *stage {
	x.Helper()
	dir := filepath.Join(x.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o700); err != nil {
		x.Fatal(err)
	}
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=64m,mode=0700"); err != nil {
		x.Skipf("needs the right to mount a small disk: %v", err)
	}
	x.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			x.Error(err)
		}
	})
	if err := os.CopyFS(dir, os.DirFS(x.dir)); err != nil {
		x.Fatal(err)
	}
	for _, name := range []string{"tenant", "tenant.lock"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			x.Fatal(err)
		}
	}
	small := *x
	small.dir = dir
	running := *x.running
	running.env = append(slices.Clone(running.env), "TMPDIR="+dir)
	small.running = &running
	return &small
}

// used is how many bytes of the disk are taken.
func (x *stage) used() int64 {
	x.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(x.dir, &s); err != nil {
		x.Fatal(err)
	}
	return int64(s.Blocks-s.Bfree) * s.Bsize
}

// resize makes the disk larger or smaller.
func (x *stage) resize(bytes int64) {
	x.Helper()
	if err := syscall.Mount("none", x.dir, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", bytes)); err != nil {
		x.Fatal(err)
	}
}
