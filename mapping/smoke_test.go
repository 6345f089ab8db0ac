package mapping

import "testing"

func TestPresetsCompile(t *testing.T) {
	for _, n := range presetNames() {
		if _, err := Preset(n); err != nil {
			t.Errorf("%v", err)
		}
	}
}
