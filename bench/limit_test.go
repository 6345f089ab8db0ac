package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// BenchmarkLimit lets the real binary import 2,000 users over loopback, as fast
// as each tenant allows, and reports what it made of that between its first and
// its last write: "used" of what was allowed, the share that was throttled, and
// how many requests arrived during a hold.
//
//	go test ./bench -run - -bench Limit -benchtime 1x
func BenchmarkLimit(b *testing.B) {
	tool := build(b)
	for _, t := range []struct {
		name    string
		tenant  sandbox.Options
		flags   []string
		allowed func(from, to time.Duration) float64 // since the tenant's start
	}{
		{"bucket120burst20", sandbox.Options{Limits: sandbox.Limits{Rate: 120, Burst: 20}}, nil, steady(120, 20)},
		{"bucket120burst5", sandbox.Options{Limits: sandbox.Limits{Rate: 120, Burst: 5}}, nil, steady(120, 5)},
		{"bucket120stray1in500", sandbox.Options{Limits: sandbox.Limits{Rate: 120, Burst: 20},
			Faults: []sandbox.Fault{{Kind: sandbox.FaultThrottle, Probability: 1.0 / 500, Seed: 1}}}, nil, steady(120, 20)},
		{"window600per5s", sandbox.Options{Limits: sandbox.Limits{Rate: 600, Window: 5 * time.Second}}, nil, steady(120, 0)},
		{"150inflight6", sandbox.Options{Limits: sandbox.Limits{Rate: 150, Burst: 20, MaxInFlight: 6}, Latency: 20 * time.Millisecond,
			Faults: []sandbox.Fault{{Kind: sandbox.FaultDelay, Duration: 20 * time.Millisecond, Probability: 0.5, Seed: 1}}}, nil, steady(150, 20)},
		{"halving100to50", sandbox.Options{Limits: sandbox.Limits{Rate: 100, Burst: 20,
			Changes: []sandbox.LimitChange{{Rate: 50, After: 10 * time.Second}}}}, nil,
			func(from, to time.Duration) float64 {
				at := 10 * time.Second
				return 20 + 100*max(min(at, to)-from, 0).Seconds() + 50*max(to-max(at, from), 0).Seconds()
			}},
		{"bucket120latency200ms", sandbox.Options{Limits: sandbox.Limits{Rate: 120, Burst: 20}, Latency: 200 * time.Millisecond}, nil,
			steady(120, 20)},
		{"rate50", sandbox.Options{}, []string{"--rate", "50", "--limit", "500"}, steady(50, 0)},
		{"rate300", sandbox.Options{}, []string{"--rate", "300"}, steady(300, 0)},
	} {
		b.Run(t.name, func(b *testing.B) {
			for b.Loop() {
				measure(b, tool, t.tenant, t.flags, t.allowed)
			}
		})
	}
}

func steady(rate, burst float64) func(from, to time.Duration) float64 {
	return func(from, to time.Duration) float64 { return burst + rate*(to-from).Seconds() }
}

func measure(b *testing.B, tool string, tenant sandbox.Options, flags []string, allowed func(from, to time.Duration) float64) {
	b.Helper()
	dir := b.TempDir()
	file := filepath.Join(dir, "users.ndjson")
	people(b, file, 2000)
	var mu sync.Mutex
	var seen []sandbox.Request
	tenant.Demo, tenant.HoldGrace = true, 50*time.Millisecond
	tenant.Log = func(r sandbox.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, r)
	}
	began := time.Now()
	server, err := sandbox.Listen(b.Context(), sandbox.ListenOptions{Address: "127.0.0.1:0", Tenant: tenant})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	cmd := exec.CommandContext(b.Context(), tool, append([]string{"import", file, "--quiet", "--yes", "--json"}, flags...)...)
	cmd.Env = append(
		os.Environ(),
		"KINDE_DOMAIN="+server.URL,
		"KINDE_MANAGEMENT_CLIENT_ID="+server.Tenant.ClientID,
		"KINDE_MANAGEMENT_CLIENT_SECRET="+server.Tenant.ClientSecret,
	)
	if out, err := cmd.Output(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	mu.Lock()
	defer mu.Unlock()
	var first, last time.Duration
	for _, r := range seen {
		if r.Method == "GET" {
			continue
		}
		if at := r.Time.Sub(began); first == 0 || at < first {
			first = at
		}
		last = max(last, r.Time.Sub(began))
	}
	var through, throttled float64
	var arrivals []time.Duration
	for _, r := range seen {
		at := r.Time.Sub(began)
		arrivals = append(arrivals, at)
		if r.Status == 429 {
			throttled++
		} else if at >= first && at <= last {
			through++
		}
	}
	slices.Sort(arrivals)
	most, from := 0, 0
	for i, at := range arrivals {
		for at-arrivals[from] >= time.Second {
			from++
		}
		most = max(most, i-from+1)
	}
	b.ReportMetric(100*through/allowed(first, last), "%used")
	b.ReportMetric(100*throttled/float64(len(seen)), "%throttled")
	b.ReportMetric(float64(server.Tenant.Stats().DuringHold), "in-hold")
	b.ReportMetric(float64(most), "most-in-1s")
	b.ReportMetric(float64(len(seen)), "requests")
}

// build makes the binary that everybody runs.
func build(b testing.TB) string {
	b.Helper()
	tool := os.Getenv("KINDE_MIGRATE")
	if tool == "" {
		tool = filepath.Join(b.TempDir(), "kinde-migrate")
		if out, err := exec.Command("go", "build", "-o", tool, "..").CombinedOutput(); err != nil {
			b.Fatalf("building: %v\n%s", err, out)
		}
	}
	return tool
}

func people(b testing.TB, path string, n int) {
	b.Helper()
	writeLines(b, path, func(w *bufio.Writer) error {
		enc := json.NewEncoder(w)
		for i := range n {
			err := enc.Encode(
				map[string]any{
					"id":             fmt.Sprintf("usr-%06d", i),
					"email":          fmt.Sprintf("user%d@example.com", i),
					"email_verified": true,
					"given_name":     "Ana",
					"family_name":    fmt.Sprintf("Example %d", i),
				},
			)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// writeLines makes a file of what lines writes; a failed write shows at its end.
func writeLines(b testing.TB, path string, lines func(*bufio.Writer) error) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	if err := lines(w); err != nil {
		b.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
}
