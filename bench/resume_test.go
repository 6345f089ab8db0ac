package bench

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// The job that is resumed: all users but the last hundred are done.
const (
	resumeUsers = 1_000_000
	resumeLeft  = 100
)

// BenchmarkResume lets the real binary go on with an import of a million users
// that was killed with a hundred of them left, and takes the time from the start
// of the process to its first request, to the first about a user, and to the
// first create, at which it is killed again. "done" is the same with nothing
// left to do: the time until the process has said so and ended.
//
//	go test ./bench -run - -bench Resume -benchtime 3x
//
// KINDE_RESUME_DIR names a folder where the job is kept for further runs: making
// it takes a minute.
func BenchmarkResume(b *testing.B) {
	tool := build(b)
	dir := os.Getenv("KINDE_RESUME_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	t := newTenant(b)
	users := filepath.Join(dir, "users.csv")
	left, done := filepath.Join(dir, "left.checkpoint"), filepath.Join(dir, "done.checkpoint")
	if _, err := os.Stat(done); err != nil {
		manyUsers(b, users)
		t.resume(b, tool, users, left)
		finish(b, left, resumeUsers-resumeLeft)
		copyFile(b, left, done)
		finish(b, done, resumeUsers)
		complete(b, done)
	}
	for _, job := range []string{left, done} {
		t.adopt(b, job)
	}
	b.Run("left", func(b *testing.B) {
		var first, user, create, memory float64
		for b.Loop() {
			r := t.resume(b, tool, users, left)
			first, user, create = first+r.first.Seconds(), user+r.user.Seconds(), create+r.create.Seconds()
			memory = max(memory, r.memory)
		}
		b.ReportMetric(1000*first/float64(b.N), "ms-to-first-request")
		b.ReportMetric(1000*user/float64(b.N), "ms-to-first-about-a-user")
		b.ReportMetric(1000*create/float64(b.N), "ms-to-first-create")
		b.ReportMetric(memory, "MB")
	})
	b.Run("done", func(b *testing.B) {
		for b.Loop() {
			if out, err := t.command(b.Context(), tool, users, done).CombinedOutput(); err != nil {
				b.Fatalf("%v\n%s", err, out)
			}
			if n := t.count(); n > 0 {
				b.Fatalf("%d requests for nothing", n)
			}
		}
	})
}

// watched is a tenant that notes when requests come, those for tokens too.
type watched struct {
	tenant *sandbox.Tenant
	url    string
	mu     sync.Mutex
	seen   []arrival
	create chan struct{} // gets one for the first create
}

type arrival struct {
	at           time.Time
	method, path string
}

func (a arrival) create() bool { return a.method == "POST" && strings.HasSuffix(a.path, "/user") }

func newTenant(b *testing.B) *watched {
	b.Helper()
	server := httptest.NewUnstartedServer(nil)
	t := &watched{create: make(chan struct{}, 1), url: "http://" + server.Listener.Addr().String()}
	org := &sandbox.Definitions{Organizations: []sandbox.OrganizationDefinition{{Code: "org_a", Name: "Alpha"}}}
	var err error
	if t.tenant, err = sandbox.Open(sandbox.Options{BaseURL: t.url, Definitions: org}); err != nil {
		b.Fatal(err)
	}
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.note(arrival{time.Now(), r.Method, r.URL.Path})
		t.tenant.ServeHTTP(w, r)
	})
	server.Start()
	b.Cleanup(func() {
		server.Close()
		t.tenant.Close()
	})
	return t
}

func (t *watched) note(a arrival) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen = append(t.seen, a)
	if a.create() {
		select {
		case t.create <- struct{}{}:
		default:
		}
	}
}

// adopt makes a job that was kept one of this tenant, whose port is another.
func (t *watched) adopt(b *testing.B, job string) {
	b.Helper()
	store, _, err := checkpoint.Open(b.Context(), job)
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	if err := store.Commit(b.Context(), checkpoint.SetTenant{Tenant: checkpoint.Tenant{Origin: t.url, Domain: t.url}}); err != nil {
		b.Fatal(err)
	}
}

func (t *watched) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.seen)
}

func (t *watched) command(ctx context.Context, tool, users, job string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, tool, "import", users, "--checkpoint", job, "--quiet", "--yes", "--rate", "200", "--concurrency", "1")
	cmd.Env = append(os.Environ(), "KINDE_DOMAIN="+t.url, "KINDE_MANAGEMENT_CLIENT_ID="+t.tenant.ClientID,
		"KINDE_MANAGEMENT_CLIENT_SECRET="+t.tenant.ClientSecret)
	return cmd
}

// resumed is what happened how long after the start of the process, and the
// most memory that it held, in MB (0: the system does not tell).
type resumed struct {
	first, user, create time.Duration
	memory              float64
}

// resume runs the import until its first create, and kills it.
func (t *watched) resume(b *testing.B, tool, users, job string) (r resumed) {
	b.Helper()
	cmd := t.command(b.Context(), tool, users, job)
	var said strings.Builder
	cmd.Stderr, cmd.Stdout = &said, &said
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-t.create:
	case err := <-ended:
		b.Fatalf("it ended before its first create: %v\n%s", err, said.String())
	}
	r.memory = mostMemory(cmd.Process.Pid)
	_ = cmd.Process.Kill() // it may have ended by itself
	<-ended
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, x := range t.seen {
		at := x.at.Sub(began)
		if r.first == 0 {
			r.first = at
		}
		if r.user == 0 && strings.Contains(x.path, "/user") {
			r.user = at
		}
		if r.create == 0 && x.create() {
			r.create = at
		}
	}
	t.seen = nil
	select {
	case <-t.create:
	default:
	}
	return r
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

func mostMemory(pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	m := highWater.FindSubmatch(status)
	if m == nil {
		return 0
	}
	kb, _ := strconv.ParseFloat(string(m[1]), 64)
	return kb / 1024
}

func opened(b *testing.B, path string) *checkpoint.Store {
	b.Helper()
	store, _, err := checkpoint.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	return store
}

// finish makes the records up to last look as an import leaves them.
func finish(b *testing.B, path string, last int64) {
	b.Helper()
	ctx, store := b.Context(), opened(b, path)
	defer store.Close()
	now := time.Now()
	for r, err := range store.Records(ctx, checkpoint.Selection{Outcomes: []checkpoint.Outcome{checkpoint.Pending}}) {
		if err != nil {
			b.Fatal(err)
		}
		if r.ID > last {
			break
		}
		id := fmt.Sprintf("kp_%032x", r.ID)
		err := store.Post(
			ctx,
			checkpoint.SetProgress{
				ID:      r.ID,
				KindeID: id,
				Owner:   checkpoint.Made,
				Outcome: checkpoint.Created,
				Pass:    1,
				Stage:   checkpoint.Present,
				SignIn:  "email_code",
			},
			checkpoint.PutStep{Step: checkpoint.Step{Record: r.ID, Kind: checkpoint.StepCreate, State: checkpoint.Done, Units: 1, Run: 1, At: now}},
			checkpoint.PutStep{
				Step: checkpoint.Step{Record: r.ID, Kind: checkpoint.StepMemberships, Key: "org_a", State: checkpoint.Done, Units: 1, Run: 1, At: now},
			},
			checkpoint.AddAttempt{
				Attempt: checkpoint.Attempt{
					Record:    r.ID,
					Run:       1,
					Operation: "createUser",
					Method:    "POST",
					Status:    200,
					Started:   now,
					Latency:   20 * time.Millisecond,
					Try:       1,
				},
			},
		)
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := store.Flush(ctx); err != nil {
		b.Fatal(err)
	}
}

// complete ends the job as an import does that read back everything.
func complete(b *testing.B, path string) {
	b.Helper()
	ctx, store := b.Context(), opened(b, path)
	defer store.Close()
	job, _, err := store.Job(ctx)
	if err != nil {
		b.Fatal(err)
	}
	job.Complete = true
	read := fmt.Appendf(nil, `{"performed":true,"matched":%d,"pass":1}`, resumeUsers)
	if err := store.Commit(ctx, checkpoint.SetJob{Job: job}, checkpoint.SetNote{Name: "reconciliation", JSON: read}); err != nil {
		b.Fatal(err)
	}
}

func manyUsers(b *testing.B, path string) {
	b.Helper()
	writeLines(b, path, func(w *bufio.Writer) error {
		fmt.Fprintln(w, "id,email,email_verified,first_name,last_name,username,organization")
		for i := range resumeUsers {
			fmt.Fprintf(w, "u%08d,given.family.%d@example.com,true,Given%d,Family%d,giv%d,org_a\n", i, i, i%97, i%89, i)
		}
		return nil
	})
}

func copyFile(b *testing.B, from, to string) {
	b.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
}
