package bench

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// BenchmarkValidate checks a million plain CSV rows with the real binary, and with
// the one that BEFORE names in turn, so that a busy machine hinders both alike. It
// reports the median of the processor seconds in user mode, and the most memory of
// any run.
//
//	BEFORE=/tmp/before go test ./bench -run - -bench Validate -benchtime 7x
func BenchmarkValidate(b *testing.B) {
	now, before := build(b), os.Getenv("BEFORE")
	file := filepath.Join(b.TempDir(), "users.csv")
	writeLines(b, file, func(w *bufio.Writer) error {
		if _, err := fmt.Fprintln(w, "id,email,email_verified,first_name,last_name,username,organization,plan"); err != nil {
			return err
		}
		for i := range 1_000_000 {
			if _, err := fmt.Fprintf(w, "u%08d,given.family.%d@mail%d.example.com,%t,Given%d,Family%d,giv%d,org%d,pro\n",
				i, i, i%40, i%5 > 0, i%97, i%89, i, i%200); err != nil {
				return err
			}
		}
		return nil
	})
	var times, timesBefore []float64
	var most, mostBefore int64
	for b.Loop() {
		if before != "" {
			t, rss := validate(b, before, file)
			timesBefore, mostBefore = append(timesBefore, t), max(mostBefore, rss)
		}
		t, rss := validate(b, now, file)
		times, most = append(times, t), max(most, rss)
	}
	b.ReportMetric(median(times), "user-s")
	b.ReportMetric(float64(most)/1024, "MB")
	if before != "" {
		b.ReportMetric(median(timesBefore), "user-s-before")
		b.ReportMetric(float64(mostBefore)/1024, "MB-before")
		b.ReportMetric(100*(median(times)/median(timesBefore)-1), "%slower")
	}
}

// validate runs a binary over a file and returns its seconds in user mode and its
// resident memory at the most, in KiB.
func validate(b *testing.B, tool, file string) (user float64, rss int64) {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), tool, "validate", "--quiet", "--report", filepath.Join(b.TempDir(), "report"), file)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return cmd.ProcessState.UserTime().Seconds(), cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
}

func median(list []float64) float64 {
	slices.Sort(list)
	n := len(list)
	return (list[(n-1)/2] + list[n/2]) / 2
}
