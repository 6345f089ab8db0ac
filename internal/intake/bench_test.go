package intake_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

// benchmarkValidate does what the command validate does, flags and summary
// aside: it reads, maps, looks for duplicates, counts into a report and writes
// the outcomes and the rejects.
func benchmarkValidate(b *testing.B, preset, header string, row func(i int) string) {
	const rows = 100_000
	var text strings.Builder
	text.WriteString(header)
	for i := range rows {
		text.WriteString(row(i))
	}
	path := filepath.Join(b.TempDir(), "users")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		in, err := intake.Open(ctx, intake.Options{Files: []string{path}, Preset: preset})
		if err != nil {
			b.Fatal(err)
		}
		dir := b.TempDir()
		r := report.New("validate")
		spool, err := report.NewSpool(dir)
		if err != nil {
			b.Fatal(err)
		}
		tally := report.NewTally(r)
		tally.Judge = func(*mapping.User) ([]mapping.Problem, string) { return nil, "code" }
		tally.Outcome, tally.Corrected = spool.Add, spool.Correct
		sum, err := in.Scan(ctx, tally)
		if err != nil {
			b.Fatal(err)
		}
		tally.Finish(sum, 50)
		if err := spool.Commit(); err != nil {
			b.Fatal(err)
		}
		if err := r.WriteRejects(ctx, dir, in, tally.Rejected(), false); err != nil {
			b.Fatal(err)
		}
		if err := r.SaveJSON(dir); err != nil {
			b.Fatal(err)
		}
		if sum.Rows != rows || sum.Rejected != rows/100 {
			b.Fatalf("%+v", sum)
		}
		if err := in.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// address repeats one in a hundred.
func address(i int) string {
	if i%100 == 99 {
		i--
	}
	return fmt.Sprintf("given.family.%d@mail%d.example.com", i, i%100/2)
}

func BenchmarkValidateCSV(b *testing.B) {
	benchmarkValidate(b, "generic", "id,email,email_verified,first_name,last_name,username,organization,plan\n", func(i int) string {
		return fmt.Sprintf("u%08d,%s,true,Given%d,Family%d,giv%d,org%d,pro\n", i, address(i), i%97, i%89, i, i%200)
	})
}

func BenchmarkValidateNDJSON(b *testing.B) {
	benchmarkValidate(b, "generic", "", func(i int) string {
		return fmt.Sprintf(
			`{"id":"u%08d","email":"%s","email_verified":true,"first_name":"Given%d","last_name":"Family%d","username":"giv%d","organization":"org%d","plan":"pro"}`+"\n",
			i,
			address(i),
			i%97,
			i%89,
			i,
			i%200,
		)
	})
}

func BenchmarkValidateAuth0(b *testing.B) {
	benchmarkValidate(b, "auth0", "", func(i int) string {
		return fmt.Sprintf(
			`{"user_id":"auth0|%024x","email":"%s","email_verified":true,"given_name":"Given%d","family_name":"Family%d","app_metadata":{"plan":"pro"},"created_at":"2024-01-01T00:00:00.000Z"}`+"\n",
			i,
			address(i),
			i%97,
			i%89,
		)
	})
}
