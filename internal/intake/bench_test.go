package intake

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// nobody is a visitor that looks at nothing.
type nobody struct{}

func (nobody) Add(Item) error           { return nil }
func (nobody) Replace(Item, Item) error { return nil }

// BenchmarkFirstPass maps 100,000 rows and looks for duplicates among them.
func BenchmarkFirstPass(b *testing.B) {
	const rows = 100000
	for _, c := range []struct {
		name, header string
		row          func(i int) string
	}{
		{"csv", "id,email,email_verified,first_name,last_name,external_organization_id,hashed_password,hashing_method\n", func(i int) string {
			return fmt.Sprintf("u%d,p%d@example.com,TRUE,Given%d,Family%d,acme,,\n", i, i, i, i)
		}},
		{"ndjson", "", func(i int) string {
			return fmt.Sprintf(`{"id":"u%d","first_name":"Given%d","last_name":"Family%d","identities":[{"type":"email","identity":"p%d@example.com","is_verified":true}]}`+"\n", i, i, i, i)
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var text strings.Builder
			text.WriteString(c.header)
			for i := range rows {
				text.WriteString(c.row(i))
			}
			path := filepath.Join(b.TempDir(), "users")
			if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				in, err := Open(context.Background(), Options{Files: []string{path}, Preset: "kinde"})
				if err != nil {
					b.Fatal(err)
				}
				sum, err := in.Scan(context.Background(), nobody{})
				if err != nil || sum.Rejected > 0 {
					b.Fatal(sum, err)
				}
				in.Close()
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
