package rest

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

// outcome is what a folder holds in the end.
type outcome struct {
	manifest    *fetch.Manifest
	users       []string // ids, in order
	lines       []string
	identities  []string
	memberships [][]string
	params      string
	processes   int
}

// mortal is a transport of a process that dies at a request.
type mortal struct {
	*providertest.Simulator
	left int
	kill context.CancelFunc
}

func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	if m.left--; m.left < 0 {
		m.kill()
		return nil, context.Canceled
	}
	return m.Simulator.RoundTrip(r)
}

// fetchAll reads a provider. With kill the first process dies after one request, and each
// one after it sends so many more than the one before: with 1 they die at every point.
func fetchAll(t *testing.T, s *providertest.Simulator, o Options, kill int) (outcome, error) {
	t.Helper()
	dir := t.TempDir()
	var out outcome
	var failure error
	synctest.Test(t, func(t *testing.T) {
		for left := 1; ; left += kill {
			ctx, cancel := context.WithCancel(t.Context())
			o.Transport = s
			if kill > 0 {
				o.Transport = &mortal{s, left, cancel}
			}
			out.processes++
			err := fetchOnce(ctx, t, dir, o, &out)
			cancel()
			if !errors.Is(err, context.Canceled) {
				failure = err
				return
			}
			if left > 5000 {
				t.Fatal("it comes to no end")
			}
		}
	})
	return out, failure
}

func fetchOnce(ctx context.Context, t *testing.T, dir string, o Options, out *outcome) error {
	source, err := New(o)
	if err != nil {
		return err
	}
	folder, err := fetch.Open(dir, source.About(), false)
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := source.Read(ctx, folder, nil); err != nil {
		return err
	}
	users, err := mapping.Preset(o.Preset)
	if err != nil || users == nil {
		t.Fatal(err)
	}
	out.collect(t, folder, source.engine.userList().Key)
	out.manifest, err = folder.Finish("test")
	return err
}

func (out *outcome) collect(t *testing.T, f *fetch.Folder, key string) {
	t.Helper()
	read := func(name string) (lines []string) {
		for line, err := range f.Lines(name) {
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, string(line))
		}
		return lines
	}
	params, _ := os.ReadFile(filepath.Join(f.Dir(), fetch.HashParamsFile))
	out.params = string(params)
	out.lines, out.identities = read(fetch.UsersFile), read(fetch.IdentitiesFile)
	for _, line := range out.lines {
		out.users = append(out.users, one([]byte(line), key))
	}
	rows, err := csv.NewReader(strings.NewReader(strings.Join(read(fetch.MembershipsFile), "\n"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) > 0 {
		out.memberships = rows[1:]
	}
}

// sameIDs compares as sets, and finds duplicates.
func sameIDs(t *testing.T, what string, got, want []string) {
	t.Helper()
	have := map[string]int{}
	for _, id := range got {
		have[id]++
	}
	for _, id := range slices.Sorted(maps.Keys(have)) {
		if have[id] > 1 {
			t.Errorf("%s: %s is there %d times", what, id, have[id])
		}
	}
	for _, id := range want {
		if have[id] == 0 {
			t.Errorf("%s: %s is missing", what, id)
		}
		delete(have, id)
	}
	for _, id := range slices.Sorted(maps.Keys(have)) {
		t.Errorf("%s: %s should not be there", what, id)
	}
}

// rows are the memberships as "user organization"; a group that is a role counts too.
func (out *outcome) rows() []string {
	var all []string
	for _, m := range out.memberships {
		if in := cmp.Or(m[1], m[3]); strings.HasPrefix(in, "org_") {
			all = append(all, m[0]+" "+in)
		}
	}
	return all
}
