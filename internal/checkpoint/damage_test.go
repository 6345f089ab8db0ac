package checkpoint

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

// filled makes a closed checkpoint with many records at path.
func filled(t *testing.T, path string, n int) {
	t.Helper()
	s, _, err := Open(t.Context(), path)
	must(t, err)
	must(t, s.Commit(t.Context(), SetJob{Job{Command: "import", Pass: 1, Source: 1, Options: "{}", Created: time.Unix(5, 0)}}))
	must(t, fill(t.Context(), s, 0, n))
	must(t, s.Close())
}

func fill(ctx context.Context, s *Store, from, n int) error {
	for i := from; i < from+n; i += 100 {
		var records PutRecords
		for k := range 100 {
			records = append(
				records,
				&Record{
					Number:   int64(i + k + 1),
					Seen:     1,
					SourceID: fmt.Sprintf("auth0|%024d", i+k),
					Email:    fmt.Sprintf("p%d@example.com", i+k),
					Outcome:  Pending,
				},
			)
		}
		if err := s.Commit(ctx, records); err != nil {
			return err
		}
	}
	return nil
}

// Whatever is wrong with the file, it is told as damage, never read as something else.
func TestDamage(t *testing.T) {
	for name, c := range map[string]struct {
		hurt func(t *testing.T, path string, data []byte)
		want []Reason
	}{
		"cut in the middle": {func(t *testing.T, path string, data []byte) { store(t, path, data[:len(data)/2]) }, []Reason{Damaged}},
		"cut to a page":     {func(t *testing.T, path string, data []byte) { store(t, path, data[:4096]) }, []Reason{Damaged}},
		"cut in the header": {func(t *testing.T, path string, data []byte) { store(t, path, data[:60]) }, []Reason{Damaged, Foreign}},
		"a header of zeros": {func(t *testing.T, path string, data []byte) { clear(data[:100]); store(t, path, data) },
			[]Reason{Damaged, Foreign}},
		"a page of zeros": {func(t *testing.T, path string, data []byte) { clear(data[8*4096 : 9*4096]); store(t, path, data) },
			[]Reason{Damaged}},
		"a block of rubbish": {func(t *testing.T, path string, data []byte) {
			random := rand.New(rand.NewPCG(3, 4))
			for i := 4096; i < len(data)/2; i++ {
				data[i] = byte(random.Uint32())
			}
			store(t, path, data)
		}, []Reason{Damaged}},
		"another file": {func(t *testing.T, path string, data []byte) { store(t, path, []byte("id,email\n1,ana@example.com\n")) },
			[]Reason{Foreign}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "users.checkpoint")
			filled(t, path, 500)
			data, err := os.ReadFile(path)
			must(t, err)
			c.hurt(t, path, slices.Clone(data))
			s, _, err := Open(t.Context(), path)
			if err == nil {
				s.Close()
			}
			if !slices.Contains(c.want, ReasonOf(err)) {
				t.Errorf("%q: %v", ReasonOf(err), err)
			}
			// The lock is given back, so that a repaired file can be used.
			must(t, os.WriteFile(path, data, 0o600))
			for _, beside := range []string{"-wal", "-shm"} {
				if err := os.Remove(path + beside); err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
			}
			s, _, err = Open(t.Context(), path)
			must(t, err)
			must(t, s.Close())
		})
	}
}

func store(t *testing.T, path string, data []byte) {
	t.Helper()
	must(t, os.WriteFile(path, data, 0o600))
}

// A process that was killed leaves a journal beside the file. Without it the
// file is an older, sound state: what it lacks, the tenant knows.
func TestJournalThatIsGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.checkpoint")
	filled(t, path, 100)
	s, _, err := Open(t.Context(), path)
	must(t, err)
	must(t, fill(t.Context(), s, 100, 300))
	// The files of a process that dies now.
	copied := filepath.Join(t.TempDir(), "users.checkpoint")
	for _, x := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + x)
		must(t, err)
		must(t, os.WriteFile(copied+x, data, 0o600))
	}
	must(t, s.Close())
	count := func() int64 {
		s, _, err := Open(t.Context(), copied)
		must(t, err)
		defer s.Close()
		n, err := s.Count(t.Context(), Selection{Any: true})
		must(t, err)
		return n
	}
	if err := os.WriteFile(copied+".keep", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	main, err := os.ReadFile(copied)
	must(t, err)
	if n := count(); n != 400 {
		t.Errorf("with its journal it holds %d records", n)
	}
	must(t, os.WriteFile(copied, main, 0o600))
	if err := os.Remove(copied + "-wal"); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if n := count(); n != 100 {
		t.Errorf("without its journal it holds %d records", n)
	}
}
