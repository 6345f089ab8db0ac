package mapping

import (
	"path/filepath"
	"testing"
)

// TestDetectionAlone shows each record of each sample to detection by itself: it
// may say too little to tell whose it is, but it never passes for another
// provider's, and never leaves two presets with equal claims.
func TestDetectionAlone(t *testing.T) {
	dirs, err := filepath.Glob("testdata/presets/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		name := presetOf(filepath.Base(dir))
		m, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		sample, records, _ := readInput(t, m, dir, "input")
		if sample.Format == "csv" {
			continue // the header tells, and all rows share it
		}
		for i := range records {
			alone := Sample{Format: "ndjson", Head: Value{Kind: Array, Elems: []Value{records[i].Fields}}}
			got := Detect(alone)
			if len(got) == 0 || got[0].Generic {
				continue
			}
			if got[0].Preset != name || Tied(got) != nil {
				t.Errorf("%s, record %d: detection chose %+v", dir, i+1, got)
			}
		}
	}
}

// TestDetectionIsClear: a sample's preset leads every other specific one by enough
// that a field more or less does not turn the choice.
func TestDetectionIsClear(t *testing.T) {
	const lead = 3
	dirs, err := filepath.Glob("testdata/presets/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		m, err := Preset(presetOf(filepath.Base(dir)))
		if err != nil {
			t.Fatal(err)
		}
		sample, _, _ := readInput(t, m, dir, "input")
		got := Detect(sample)
		if len(got) > 1 && !got[1].Generic && got[0].Confidence-got[1].Confidence < lead {
			t.Errorf("%s: %s (%d) leads %s (%d) by too little", dir, got[0].Preset, got[0].Confidence, got[1].Preset, got[1].Confidence)
		}
	}
}
