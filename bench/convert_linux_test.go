package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// BenchmarkConvert writes 200,000 users of an Auth0 export with their hashes and
// memberships as files for the dashboard, by the real binary, and reports the wall
// clock and the processor seconds of the whole process, and its resident memory at
// the most.
//
//	go test ./bench -run - -bench Convert -benchtime 3x
func BenchmarkConvert(b *testing.B) {
	const users = 200_000
	tool, dir := build(b), b.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	each := func(name string, line func(w io.Writer, i int) error) {
		writeLines(b, at(name), func(w *bufio.Writer) error {
			for i := range users {
				if err := line(w, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	each("users.ndjson", func(w io.Writer, i int) error {
		_, err := fmt.Fprintf(
			w,
			`{"user_id":"auth0|%024x","email":"given.family.%d@example.com","email_verified":%t,"given_name":"Given%d","family_name":"Family%d",`+
				`"created_at":"2024-01-12T09:00:00.000Z","identities":[{"provider":"auth0","user_id":"%024x","connection":"Username-Password-Authentication","isSocial":false}],`+
				`"app_metadata":{"plan":"pro"},"blocked":%t}`+"\n",
			i,
			i,
			i%5 > 0,
			i%97,
			i%89,
			i,
			i%100 == 0,
		)
		return err
	})
	each("hashes.ndjson", func(w io.Writer, i int) error {
		_, err := fmt.Fprintf(
			w,
			`{"_id":{"$oid":"%024x"},"email":"given.family.%d@example.com","passwordHash":"$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"}`+"\n",
			i,
			i,
		)
		return err
	})
	each("memberships.csv", func(w io.Writer, i int) error {
		var err error
		if i == 0 {
			_, err = fmt.Fprintln(w, "user_id,organization,role")
		}
		if err == nil && i%2 == 0 {
			_, err = fmt.Fprintf(w, "auth0|%024x,ext-%d,%s\n", i, i%20, []string{"editor", "viewer"}[i/2%2])
		}
		return err
	})
	var walls, cpus []float64
	var most int64
	for n := 0; b.Loop(); n++ {
		state := at(fmt.Sprintf("%d.checkpoint", n))
		cmd := exec.CommandContext(
			b.Context(),
			tool,
			"convert",
			at("users.ndjson"),
			"--passwords",
			at("hashes.ndjson"),
			"--memberships",
			at("memberships.csv"),
			"--to",
			"kinde-ndjson",
			"--quiet",
			"--json",
			"--checkpoint",
			state,
			"--out",
			state+".files",
		)
		begun := time.Now()
		out, err := cmd.Output()
		if err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		walls = append(walls, time.Since(begun).Seconds())
		cpus = append(cpus, cmd.ProcessState.UserTime().Seconds()+cmd.ProcessState.SystemTime().Seconds())
		most = max(most, cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
		var c struct {
			Users int `json:"users"`
			Left  struct{ Suspensions int }
		}
		if err := json.Unmarshal(out, &c); err != nil || c.Users != users || c.Left.Suspensions != users/100 {
			b.Fatalf("%v: %s", err, out)
		}
	}
	b.ReportMetric(median(walls), "wall-s")
	b.ReportMetric(median(cpus), "cpu-s")
	b.ReportMetric(float64(most)/1024, "MB")
}
