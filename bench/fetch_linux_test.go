package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/databasetest"
)

// BenchmarkFetch reads a tenth of a million and a million rows of twelve columns out of
// PostgreSQL with the real binary, and reports rows a second of the whole process,
// its processor seconds, and its resident memory at the most, which should not grow.
//
//	go test ./bench -run - -bench 'Fetch$' -benchtime 3x
func BenchmarkFetch(b *testing.B) {
	tool := build(b)
	server := databasetest.Postgres(b)
	for _, rows := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			database := fmt.Sprintf("django_%d", rows)
			server.Run(b, "postgres", "CREATE DATABASE "+database+";")
			server.Run(
				b,
				database,
				fmt.Sprintf(`CREATE TABLE auth_user (id integer PRIMARY KEY, password varchar(128), last_login timestamptz, is_superuser boolean,
				username varchar(150), first_name varchar(150), last_name varchar(150), email varchar(254), is_staff boolean, is_active boolean, date_joined timestamptz, plan varchar(10));
				INSERT INTO auth_user SELECT i, 'pbkdf2_sha256$260000$' || md5(i::text) || '$hVHFQ5PO1dz3k1iPQdCZ7i5NKTnGTZ9qRkcMQdYV3Ek=', now(), false,
				'user' || i, 'Given' || i %% 97, 'Family' || i %% 89, 'user' || i || '@example.com', false, true, now(), 'pro' FROM generate_series(1, %d) i;
				ANALYZE auth_user;`, rows),
			)
			fetched(b, tool, []string{"DATABASE_URL=" + server.URL(database)}, rows, "django", "--db-url-env", "DATABASE_URL")
		})
	}
}

// fetched measures a fetch of so many users and a few more, as often as it is asked to.
func fetched(b *testing.B, tool string, env []string, rows int, args ...string) {
	b.Helper()
	var walls, cpus []float64
	var most int64
	for b.Loop() {
		cmd := exec.CommandContext(b.Context(), tool, slices.Concat([]string{"fetch"}, args,
			[]string{"--out", filepath.Join(b.TempDir(), "users"), "--quiet", "--json"})...)
		cmd.Env = append(os.Environ(), env...)
		begun := time.Now()
		out, err := cmd.Output()
		if err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		walls = append(walls, time.Since(begun).Seconds())
		cpus = append(cpus, cmd.ProcessState.UserTime().Seconds()+cmd.ProcessState.SystemTime().Seconds())
		most = max(most, cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
		var m struct{ Lists []struct{ Rows int } }
		if err := json.Unmarshal(out, &m); err != nil || m.Lists[0].Rows < rows {
			b.Fatalf("%v: %s", err, out)
		}
	}
	b.ReportMetric(float64(rows)/median(walls), "rows/s")
	b.ReportMetric(median(cpus), "cpu-s")
	b.ReportMetric(float64(most)/1024, "MB")
}
