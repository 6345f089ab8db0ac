package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

// Presets are recognised by a part of their text, which must say the same as the whole.
func TestPresetsAreRecognisedByTheirOwnSections(t *testing.T) {
	digest := func(n *node) string {
		h := sha256.New()
		if n != nil {
			n.digest(h)
		}
		return hex.EncodeToString(h.Sum(nil))
	}
	for i, name := range presetNames() {
		text, _ := presetText(name)
		whole, err := parseYAML(name, text)
		if err != nil {
			t.Fatal(err)
		}
		part, err := parseYAML(name, sectionsIn(text, recognising))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if whole.get("extends") != nil {
			t.Errorf("%s extends another preset: its sections are not all its own", name)
		}
		for _, section := range recognising {
			if digest(whole.get(section)) != digest(part.get(section)) {
				t.Errorf("%s: section %s is not cut out whole", name, section)
			}
		}
		var from []string
		for _, f := range []struct{ section, from string }{{"fetch", FromAPI}, {"sql", FromDatabase}} {
			if section := whole.get(f.section); section != nil {
				tested, err := section.str("tested")
				if err != nil {
					t.Fatal(err)
				}
				from = append(from, f.from+" "+tested)
			}
		}
		cut := fetchedFrom(text)
		same := len(cut) == len(from)
		for i := range min(len(cut), len(from)) {
			same = same && strings.Contains(cut[i].Tried, strings.TrimPrefix(from[i], cut[i].From+" "))
		}
		if m := recognised()[i]; m == nil || m.name != name || len(m.detect) == 0 || !same {
			t.Errorf("%s: recognised as %+v, fetched from %q, want %q", name, m, cut, from)
		}
	}
}
