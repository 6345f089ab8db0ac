package chaos

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestKillConvert kills a conversion at random instants, the same command again, until
// its checkpoint is there. Then its files must be those of a conversion that was left
// alone, byte for byte, and nothing else may be left; before that there is no
// checkpoint that an import could go on with. KINDE_CHAOS_KILLS says how often (twice
// unless given). What comes then, import --complete, is a scene of
// TestKillEveryCommand.
func TestKillConvert(t *testing.T) {
	t.Parallel()
	turn(t)
	if runtime.GOOS == "windows" {
		t.Skip("needs kill -9")
	}
	random, kills := chance(t, 6), killsAsked(2)
	start := &stage{T: t, binary: program(t), dir: filepath.Join(t.TempDir(), "start"), people: population(t, 200)}
	if err := os.Mkdir(start.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	start.sources()
	args := []string{
		"convert",
		"users.ndjson",
		"--passwords",
		"passwords.ndjson",
		"--memberships",
		"memberships.csv",
		"--to",
		"kinde-ndjson",
		"--max-bytes",
		"15000",
		"--quiet",
	}
	calm := start.copy("calm")
	begun := time.Now()
	if code, out := run(t, calm.binary, calm.dir, nil, 0, args...); code != 0 {
		t.Fatalf("exit %d: %s", code, out)
	}
	took, want := time.Since(begun), calm.converts()
	if len(want) < 5 {
		t.Fatalf("only %d files", len(want))
	}
	for done := 0; done < kills; {
		wild := start.copy("wild")
		for life := 0; ; life++ {
			after := time.Duration(0)
			if done < kills && life < 20 {
				after = 10*time.Millisecond + time.Duration(random.Int64N(int64(took)))
			}
			code, out := run(t, wild.binary, wild.dir, nil, after, args...)
			_, err := os.Stat(filepath.Join(wild.dir, "users.ndjson.checkpoint"))
			if code == -1 {
				done++
			}
			if err == nil {
				break // whole, also when it was killed right behind
			}
			if code != -1 {
				t.Fatalf("exit %d without a checkpoint: %s", code, out)
			}
		}
		if got := wild.converts(); !slices.Equal(got, want) {
			t.Errorf("%d files that are not those of a conversion that was left alone, %d", len(got), len(want))
		}
		if _, out := run(t, wild.binary, wild.dir, nil, 0, "report", "--checkpoint", "users.ndjson.checkpoint", "--json"); !strings.Contains(
			string(out),
			`"pending": 200`,
		) {
			t.Errorf("the checkpoint does not hold everybody: %s", out)
		}
		if err := os.RemoveAll(wild.dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills; undisturbed it takes %v", kills, took.Round(time.Millisecond))
}

// converts are the files of a conversion, by name and content, hidden ones included.
func (x *stage) converts() (files []string) {
	x.Helper()
	entries, err := os.ReadDir(filepath.Join(x.dir, "users.ndjson.kinde"))
	if err != nil {
		x.Fatal(err)
	}
	for _, d := range entries {
		data, err := os.ReadFile(filepath.Join(x.dir, "users.ndjson.kinde", d.Name()))
		if err != nil {
			x.Fatal(err)
		}
		files = append(files, d.Name()+"\n"+string(data))
	}
	return files
}
