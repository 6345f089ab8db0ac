package database

import (
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

// TestEveryPresetsQueriesAreUnderstood decodes the section sql of each preset.
func TestEveryPresetsQueriesAreUnderstood(t *testing.T) {
	n := 0
	for _, p := range mapping.Presets() {
		m, err := mapping.Preset(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		_, ok, err := SpecOf(m)
		if err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		if ok {
			n++
		}
	}
	if n < 13 {
		t.Errorf("only %d presets say how their tables are read", n)
	}
}
