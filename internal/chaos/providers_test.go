package chaos

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

const (
	peopleOfProvider = 43
	requestTakes     = 3 * time.Millisecond
)

// TestKillFetch kills the fetch from simulated providers at random instants, the same
// command again, until it has finished. Meanwhile pages are small, and tokens and cursors
// expire. Then the folder must be complete, and hold the rows of a fetch that nobody
// disturbed, each once, and no credential. KINDE_CHAOS_KILLS says how many kills all
// providers share; unless given, one that is drawn gets two.
func TestKillFetch(t *testing.T) {
	t.Parallel()
	turn(t)
	if runtime.GOOS == "windows" {
		t.Skip("needs kill -9")
	}
	random := chance(t, 5)
	chosen, kills := drawn(random, len(providertest.All), 1, 1), killsAsked(2)
	binary, each := program(t), (kills+len(chosen)-1)/len(chosen)
	for _, i := range chosen {
		p := providertest.All[i]
		t.Run(p.Name, func(t *testing.T) {
			seen, begun := fetching{t, p, binary, t.TempDir(), providertest.Quirks{}}, time.Now()
			seen.untilDone(nil, 0, 0)
			took, want := time.Since(begun), seen.rows()
			if len(want["users.ndjson"]) != peopleOfProvider {
				t.Fatalf("an undisturbed fetch reads %d people", len(want["users.ndjson"]))
			}
			done := 0
			for round := 0; done < each; round++ {
				if round > 3*each+20 {
					t.Fatalf("%d rounds made %d kills", round, done)
				}
				quirks := providertest.Quirks{Clamp: 5, TokenLife: 9 + random.IntN(20), Expire: 3 + random.IntN(20)}
				wild := fetching{t, p, binary, t.TempDir(), quirks}
				done += wild.untilDone(random, took, each-done)
				got := wild.rows()
				for file, rows := range want {
					if !slices.Equal(got[file], rows) {
						t.Errorf("%s has %d rows, and %d after an undisturbed fetch, such as\n%q and\n%q",
							file, len(got[file]), len(rows), other(got[file], rows), other(rows, got[file]))
					}
				}
				if t.Failed() {
					return
				}
			}
			t.Logf("%d kills; undisturbed it takes %v", done, took.Round(time.Millisecond))
		})
	}
}

// fetching is a fetch from one provider into a folder.
type fetching struct {
	*testing.T
	provider providertest.Provider
	binary   string
	dir      string
	quirks   providertest.Quirks
}

// untilDone runs the command until it has finished, and returns how often it was killed.
func (x *fetching) untilDone(random *rand.Rand, window time.Duration, kills int) (killed int) {
	x.Helper()
	s := providertest.New(x.T, peopleOfProvider, 3, x.provider.Serve)
	s.Quirks = x.quirks
	env := append(x.variables(), s.Proxied(x.T, filepath.Join(x.dir, "ca.pem"), requestTakes)...)
	args := []string{"fetch", x.provider.Name, "--out", "fetched", "--ca-file", "ca.pem", "--rate", "1000", "--debug"}
	for _, list := range x.provider.With {
		args = append(args, "--with", list)
	}
	for life := 0; ; life++ {
		if life > 3*kills+60 {
			x.Fatalf("not finished after %d lives", life)
		}
		var after time.Duration
		if killed < kills {
			after = 15*time.Millisecond + time.Duration(random.Int64N(int64(window)))
		}
		code, out, errs := live(x.T, x.binary, x.dir, env, after, args...)
		x.noSecret("the output", append(out, errs...))
		switch {
		case code == -1:
			killed++
		case code != 0:
			x.Fatalf("life %d ended with exit %d:\n%s%s", life, code, out, errs)
		default:
			return killed
		}
	}
}

// variables are those of the environment that the provider's preset takes.
func (x *fetching) variables() (env []string) {
	x.Helper()
	spec, _, err := mapping.FetchSource(x.provider.Name)
	if err != nil {
		x.Fatal(err)
	}
	for _, v := range spec.Variables {
		if value := x.provider.Values[v.Name]; value != "" {
			env = append(env, v.Env[0]+"="+value)
		}
	}
	return env
}

// rows are those of each file of a complete folder, in order. No file holds a credential.
func (x *fetching) rows() map[string][]string {
	x.Helper()
	folder, rows := filepath.Join(x.dir, "fetched"), map[string][]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		x.noSecret(path, data)
		switch name := d.Name(); filepath.Ext(name) {
		case ".ndjson":
			rows[name] = strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
		case ".csv":
			all, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
			if err != nil {
				x.Errorf("%s: %v", name, err)
			}
			for _, cells := range all {
				rows[name] = append(rows[name], strings.Join(cells, "\t"))
			}
		}
		return err
	})
	var manifest struct{ State string }
	if err == nil {
		var data []byte
		if data, err = os.ReadFile(filepath.Join(folder, "fetch.json")); err == nil {
			err = json.Unmarshal(data, &manifest)
		}
	}
	if err != nil || manifest.State != "complete" {
		x.Errorf("the fetch is %q: %v", manifest.State, err)
	}
	for name, all := range rows {
		slices.Sort(all)
		if n := len(all); len(slices.Compact(slices.Clone(all))) != n {
			x.Errorf("%s has a row twice", name)
		}
	}
	return rows
}

// other is the first row that others lack.
func other(rows, others []string) string {
	for _, row := range rows {
		if !slices.Contains(others, row) {
			return row
		}
	}
	return ""
}

// leaks are credentials: of the reader, those that were issued to it, and those that a
// provider hands out with its users.
var leaks = regexp.MustCompile(`token-\d+-0123456789|PRIVATE KEY|ya29`)

func (x *fetching) noSecret(where string, data []byte) {
	x.Helper()
	if found := leaks.Find(data); found != nil || bytes.Contains(data, []byte(x.provider.Secret)) {
		x.Errorf("%s holds a credential, %q or that of %s", where, found, x.provider.Name)
	}
}
