package intake

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type counted struct{ rows int }

func (c *counted) Add(Item) error           { c.rows++; return nil }
func (c *counted) Replace(Item, Item) error { return nil }

// TestPresetsThroughFiles reads the golden inputs of all presets as files: the
// same preset is chosen and as many rows are found as the golden files hold.
func TestPresetsThroughFiles(t *testing.T) {
	dirs, err := filepath.Glob("../mapping/testdata/presets/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, "want.json"))
			if err != nil {
				t.Fatal(err)
			}
			var want []json.RawMessage
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
			files, _ := filepath.Glob(filepath.Join(dir, "input.*"))
			in, err := Open(context.Background(), Options{Files: files, Looking: true, TempDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			if p := in.Source().Preset; !strings.HasPrefix(filepath.Base(dir), p) {
				t.Errorf("detection chose %s", p)
			}
			c := &counted{}
			sum, err := in.Scan(context.Background(), c)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range sum.Notices {
				if n.Kind == "unread" {
					t.Errorf("the preset does not read all of its own sample: %s", n.Message)
				}
			}
			if c.rows != len(want) {
				t.Errorf("%d rows, want %d", c.rows, len(want))
			}
		})
	}
}
