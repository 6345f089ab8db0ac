// Command mutate breaks one line of the code at a time and looks whether a
// test of its package fails: a line that can be broken in silence is not
// guarded. It never writes into the tree; go's -overlay carries each mutation.
//
//	go run ./scripts/mutate -n 200 -seed 1 ./internal/importer ./internal/engine
//
// A mutation that doesn't compile is not counted. One that keeps the tests
// running for longer than the limit counts as killed. Only tests that come to the
// mutated line are run.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	count := flag.Int("n", 200, "how many mutations to try")
	seed := flag.Uint64("seed", 1, "which ones")
	limit := flag.Duration("limit", 3*time.Minute, "the longest that the tests of a package may take for one mutation")
	least := flag.Float64("least", 0, "exit with 1 below this score, in percent")
	only := flag.String("only", "", "try the mutations of this file, or of this file:line, alone")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "name the packages, as ./internal/importer")
		os.Exit(2)
	}
	score, err := run(context.Background(), options{
		count: *count, seed: *seed, limit: *limit, only: *only, packages: flag.Args(),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
	if score < *least {
		os.Exit(1)
	}
}

type options struct {
	count    int
	seed     uint64
	limit    time.Duration
	only     string
	packages []string
}

// run tries a seeded sample of the packages' mutations and gives the share of
// them that a test killed, in percent.
func run(ctx context.Context, o options) (float64, error) {
	var all []mutation
	for _, pkg := range o.packages {
		found, err := mutationsOf(pkg)
		if err != nil {
			return 0, err
		}
		all = append(all, found...)
	}
	if o.only != "" {
		all = matching(all, o.only)
	}
	chance := rand.New(rand.NewPCG(o.seed, o.seed))
	chance.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })

	tried, noticed := 0, 0
	reaches := map[string]*reach{}
	for _, m := range all {
		if tried == o.count {
			break
		}
		if reaches[m.pkg] == nil {
			var err error
			if reaches[m.pkg], err = reachOf(ctx, m.pkg); err != nil {
				return 0, err
			}
		}
		what, err := try(ctx, m, reaches[m.pkg], o.limit)
		if err != nil {
			return 0, err
		}
		if what == uncompiled {
			continue
		}
		tried++
		if what == killed || what == timedOut {
			noticed++
		}
		fmt.Printf("%-9s %s:%d: %s\n", what, m.file, m.line, m.what)
	}
	if tried == 0 {
		return 0, errors.New("there is nothing to mutate")
	}
	score := 100 * float64(noticed) / float64(tried)
	fmt.Printf("%d of %d mutations killed, %.1f %% (seed %d, of %d possible ones)\n", noticed, tried, score, o.seed, len(all))
	return score, nil
}

type fate string

const (
	killed     fate = "killed"
	timedOut   fate = "too long"
	survived   fate = "SURVIVED"
	unreached  fate = "UNREACHED"
	uncompiled fate = "no build"
)

// try runs the tests that come to the mutation's line with the mutated file in the
// place of the real one.
func try(ctx context.Context, m mutation, r *reach, limit time.Duration) (fate, error) {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	mutated := filepath.Join(dir, "mutated.go")
	if err := os.WriteFile(mutated, m.source, 0o600); err != nil {
		return "", err
	}
	real, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{real: mutated}})
	if err != nil {
		return "", err
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "mutated.test")
	if _, err := goCommand(ctx, "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay", list, "-o", binary, m.pkg); err != nil {
		return uncompiled, ctx.Err()
	}
	tests, reached := r.tests(m.file, m.line)
	if !reached {
		return unreached, nil
	}
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(within, binary, "-test.run="+tests, "-test.failfast", "-test.timeout=0")
	cmd.Dir = filepath.Dir(real)
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case within.Err() != nil:
		return timedOut, nil
	case err != nil:
		return killed, nil
	}
	return survived, nil
}

func goCommand(ctx context.Context, args ...string) ([]byte, error) {
	return exec.CommandContext(ctx, "go", args...).CombinedOutput()
}

func matching(all []mutation, only string) []mutation {
	var kept []mutation
	for _, m := range all {
		if m.file == only || fmt.Sprintf("%s:%d", m.file, m.line) == only || strings.HasPrefix(m.file, only+"/") {
			kept = append(kept, m)
		}
	}
	return kept
}
