package pace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// simulate is one run of a row.
func (r row) simulate(workers, total int, seed uint64) *simulation {
	return r.simulateWith(learning, workers, total, seed)
}

func (r row) tenant(workers int, seed uint64) *tenant {
	latency := r.latency
	if latency == [2]int{} {
		latency = [2]int{1, 60}
	}
	ten := &tenant{says: r.says, random: r.random, storm: r.storm, before: r.before, latency: milliseconds(latency[0], latency[1]),
		mean: time.Duration(latency[0]+latency[1]) * time.Millisecond / 2, rng: rng(seed<<8 + uint64(workers))}
	if r.limits != nil {
		ten.limits = r.limits()
	}
	return ten
}

func (r row) simulateWith(make func(Options) policy, workers, total int, seed uint64) *simulation {
	s := &simulation{
		tenant:  r.tenant(workers, seed),
		clients: []*client{{policy: make(Options{MaxInFlight: workers}), workers: workers, total: total}},
	}
	if r.live != nil {
		own := rand.New(rand.NewPCG(seed<<8+uint64(workers), 11))
		s.live = &live{rate: r.live(own), rng: own}
	}
	s.run()
	return s
}

// best is what of the limit can be used at best: holds that have to be are
// lost, but for what a bucket regains meanwhile.
func (r row) best(total int) float64 {
	hold := r.hold
	if hold == 0 {
		hold = time.Second
	}
	ten := &tenant{mean: time.Duration(max(r.latency[0]+r.latency[1], 61)) * time.Millisecond / 2}
	if r.limits != nil {
		ten.limits = r.limits()
	}
	sum, workers := 0.0, r.workersOr()
	for _, w := range workers {
		seconds := 1.0
		for range 60 {
			seconds = float64(total) / (min(ten.allowed(0, time.Duration(seconds*float64(time.Second)))/seconds, ten.able(w)))
		}
		regained := 0.0
		for _, l := range ten.limits {
			if b, ok := l.(*bucket); ok {
				regained = b.burst / b.rate
			}
			if b, ok := l.(*changing); ok {
				regained = b.burst / b.old
			}
		}
		lost := max(hold.Seconds()-regained, 0)
		meets := float64(r.meets) + r.random*float64(total)
		if r.meets == 1 && ten.able(w) < ten.allowed(0, time.Minute)/60 && !r.capped() {
			meets = 0 // so few workers never meet it
		}
		sum += seconds / (seconds + meets*lost)
	}
	return sum / float64(len(workers))
}

func (r row) capped() bool {
	if r.limits == nil {
		return false
	}
	_, ok := r.limits()[0].(*crowd)
	return ok
}

func (r row) workersOr() []int {
	if r.workers == nil {
		return []int{8, 16, 64}
	}
	return r.workers
}

// figures are what the table says of a row.
type figures struct {
	row                     row
	total                   int
	used, worst, best, most float64
	throttled, refused      float64 // in the worst run
	share                   float64 // throttled, of all runs
	early                   int
}

// figure runs a row with each number of workers and each seed.
func (r row) figure(total int, seeds uint64) figures {
	f := figures{row: r, total: total, best: r.best(total), worst: math.Inf(1)}
	n := 0.0
	for _, workers := range r.workersOr() {
		for seed := range seeds {
			s := r.simulate(workers, total, seed)
			c := s.clients[0]
			n++
			used := c.used()
			f.used += used
			f.worst, f.most = min(f.worst, used), max(f.most, used)
			f.throttled = max(f.throttled, c.share())
			f.share += c.share()
			f.early += c.early
			if s.live != nil {
				f.refused = max(f.refused, float64(s.live.refused)/float64(s.live.sent))
			}
		}
	}
	f.used, f.share = f.used/n, f.share/n
	return f
}

func learning(o Options) policy { return newController(o) }

// tabulate runs rows, as many at once as there are processors.
func tabulate(rows []row, seeds uint64) []figures {
	var out []figures
	for _, r := range rows {
		for _, total := range r.totals {
			out = append(out, figures{row: r, total: total})
		}
	}
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				out[i] = out[i].row.figure(out[i].total, seeds)
			}
		})
	}
	for i := range out {
		next <- i
	}
	close(next)
	wg.Wait()
	return out
}

// line is what docs/pacing.md says of a row.
func (f figures) line() string {
	refused := ""
	if f.row.live != nil {
		refused = fmt.Sprintf("%.1f %%", 100*f.refused)
	}
	return fmt.Sprintf(
		"| %s | %d | %.1f | %.1f | %.1f–%.1f | %.2f, at most %.2f | %s |",
		f.row.name,
		f.total,
		100*f.best,
		100*f.used,
		100*f.worst,
		100*f.most,
		100*f.share,
		100*f.throttled,
		refused,
	)
}

const (
	tableBegin = "<!-- table: make pace -->\n"
	tableEnd   = "<!-- end of the table -->\n"
)

var page = filepath.Join("..", "..", "docs", "pacing.md")

// TestTable runs the rows that KINDE_PACE_TABLE matches, all their runs, and
// prints them; with "write" all rows, and writes them into docs/pacing.md.
func TestTable(t *testing.T) {
	which := os.Getenv("KINDE_PACE_TABLE")
	if which == "" {
		t.Skip("KINDE_PACE_TABLE is not set")
	}
	seeds := uint64(24)
	if n, err := strconv.ParseUint(os.Getenv("KINDE_PACE_SEEDS"), 10, 8); err == nil {
		seeds = n
	}
	rows := slices.Clone(table)
	if which != "write" {
		match := regexp.MustCompile(which)
		rows = slices.DeleteFunc(rows, func(r row) bool { return !match.MatchString(r.name) })
	}
	var b strings.Builder
	sum, early := 0.0, 0
	var throttled []string
	all := tabulate(rows, seeds)
	b.WriteString("| tenant | requests | best | used | worst and best run | throttled | live refused |\n|---|---|---|---|---|---|---|\n")
	for _, f := range all {
		b.WriteString(f.line() + "\n")
		sum += f.used
		early += f.early
		if f.share > 0.015 {
			throttled = append(throttled, f.row.name)
		}
	}
	mean := 100 * sum / float64(len(all))
	fmt.Fprintf(&b, "| mean of %d | | | %.1f | | | |\n", len(all), mean)
	fmt.Print(b.String())
	if early > 0 {
		t.Errorf("%d requests started during a hold", early)
	}
	if which != "write" {
		return
	}
	if mean < 86 {
		t.Errorf("the mean is %.1f %%, want 86", mean)
	}
	if throttled != nil {
		t.Errorf("more than 1.5 %% are throttled of %q", throttled)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), tableBegin)
	_, after, found := strings.Cut(rest, tableEnd)
	if !found {
		t.Fatalf("%s has no place for the table", page)
	}
	if err := os.WriteFile(page, []byte(before+tableBegin+b.String()+tableEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// One run of each row is as docs/pacing.md says.
func TestPage(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string][]float64{}
	for l := range strings.Lines(string(text)) {
		cells := strings.Split(l, "|")
		if len(cells) != 9 {
			continue
		}
		worst, most, ok := strings.Cut(strings.TrimSpace(cells[5]), "–")
		if !ok {
			continue
		}
		_, throttled, _ := strings.Cut(cells[6], "at most")
		for _, cell := range []string{worst, most, throttled} {
			f, err := strconv.ParseFloat(strings.TrimSpace(cell), 64)
			if err != nil {
				t.Fatal(err)
			}
			key := strings.TrimSpace(cells[1]) + ", " + strings.TrimSpace(cells[2])
			said[key] = append(said[key], f)
		}
	}
	// Elsewhere a multiplication and an addition are one operation, and rounded
	// once: the runs go another way.
	exact := runtime.GOARCH == "amd64"
	rows := 0
	for _, r := range table {
		for _, total := range r.totals {
			rows++
			name := fmt.Sprintf("%s, %d", r.name, total)
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				want := said[name]
				if len(want) != 3 {
					t.Fatalf("the page does not say it: run make pace")
				}
				c := r.simulate(r.workersOr()[len(r.workersOr())/2], total, 0).clients[0]
				used, throttled := 100*c.used(), 100*c.share()
				if c.early > 0 {
					t.Errorf("%d requests started during a hold", c.early)
				}
				if exact && (used < want[0]-0.06 || used > want[1]+0.06 || throttled > want[2]+0.006) {
					t.Errorf(
						"used %.1f %%, throttled %.2f %%; the page says %.1f to %.1f and %.2f: run make pace",
						used,
						throttled,
						want[0],
						want[1],
						want[2],
					)
				}
			})
		}
	}
	if len(said) != rows {
		t.Errorf("the page has %d rows, the table %d: run make pace", len(said), rows)
	}
}

// The simulation does what the gate does, with goroutines and timers, in
// virtual time.
func TestSimulationIsTrue(t *testing.T) {
	for _, name := range []string{
		"bucket 120/s burst 20", "bucket 120/s burst 1", "600 per 5 s aligned", "sliding 100 per 1 s", "150/s burst 20 and 6 in flight",
		"100/s halving after 10 s", "strays 1 in 500",
	} {
		i := slices.IndexFunc(table, func(r row) bool { return r.name == name })
		r := table[i]
		t.Run(name, func(t *testing.T) {
			var simulated, real float64
			const seeds = 6
			for seed := range uint64(seeds) {
				simulated += r.simulate(16, 2000, seed).clients[0].used() / seeds
				synctest.Test(t, func(t *testing.T) {
					real += run(t, Learning(Options{MaxInFlight: 16}), r.tenant(16, seed), 16, 2000).used() / seeds
				})
			}
			t.Logf("simulated %.1f %%, with goroutines %.1f %%", 100*simulated, 100*real)
			if math.Abs(simulated-real) > 0.03 {
				t.Errorf("simulated %.1f %%, with goroutines %.1f %%", 100*simulated, 100*real)
			}
		})
	}
}
