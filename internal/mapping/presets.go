package mapping

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

func presetText(name string) ([]byte, bool) {
	if strings.ContainsAny(name, `/\.`) {
		return nil, false
	}
	b, err := presetFiles.ReadFile("presets/" + name + ".yaml")
	return b, err == nil
}

// presetNames returns the names of the presets, sorted.
var presetNames = sync.OnceValue(func() []string {
	entries, err := presetFiles.ReadDir("presets")
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	sort.Strings(out)
	return out
})

// compiled holds each preset, compiled on first use.
var compiled sync.Map // name -> func() (*Mapping, error)

// Preset returns a compiled preset by name.
func Preset(name string) (*Mapping, error) {
	text, ok := presetText(name)
	if !ok {
		if near := nearest(name, presetNames()); near != "" {
			return nil, fmt.Errorf("there is no preset %q: did you mean %q", name, near)
		}
		return nil, fmt.Errorf("there is no preset %q", name)
	}
	once, _ := compiled.LoadOrStore(name, sync.OnceValues(func() (*Mapping, error) {
		m, err := Load(name+".yaml", text)
		if err != nil {
			return nil, err
		}
		m.name, m.base = name, name
		return m, nil
	}))
	return once.(func() (*Mapping, error))()
}

// recognising are the sections of a preset by which it is told from others. They are a
// fifth of its text, and every command needs them of all presets.
var recognising = []string{"name", "title", "notes", "keys", "records", "csv", "detect", "generic"}

// recognised holds of each preset what recognises it, and no rule: in the order of
// presetNames, nil where a preset does not compile. What is wrong with it, Preset tells.
var recognised = sync.OnceValue(func() []*Mapping {
	names := presetNames()
	out := make([]*Mapping, len(names))
	var compiling sync.WaitGroup
	for i, name := range names {
		compiling.Go(func() {
			text, _ := presetText(name)
			out[i], _ = recognition(name, text)
		})
	}
	compiling.Wait()
	return out
})

// recognition compiles what recognises a preset.
func recognition(name string, text []byte) (*Mapping, error) {
	s, err := loadSections(name+".yaml", sectionsIn(text, recognising), presetText, 0)
	if err != nil {
		return nil, err
	}
	m, c := newCompiler(s)
	for _, step := range []func(*sections) error{c.settings, c.places, c.detection} {
		if err := step(s); err != nil {
			return nil, err
		}
	}
	m.name = name
	return m, nil
}

// sectionsIn cuts sections out of the text of a preset, without parsing it: a section
// begins where a line begins with its name, and ends before the next.
func sectionsIn(text []byte, names []string) (out []byte) {
	within := false
	for line := range bytes.Lines(text) {
		if line[0] >= 'a' && line[0] <= 'z' {
			name, _, _ := bytes.Cut(line, []byte(":"))
			within = slices.Contains(names, string(name))
		}
		if within {
			out = append(out, line...)
		}
	}
	return out
}

// fetchedFrom tells from where the users of a preset can be fetched.
func fetchedFrom(text []byte) (from []Fetched) {
	if api := sectionsIn(text, []string{"fetch"}); len(api) > 0 {
		tried := "a simulator"
		if tested := testedIn(api); tested != "" {
			tried += " and " + tested
		}
		from = append(from, Fetched{FromAPI, tried + "; not the vendor's service"})
	}
	if tables := sectionsIn(text, []string{"sql"}); len(tables) > 0 {
		tried := testedIn(tables)
		if tried == "" {
			tried = "its tables as documented, not the real software"
		}
		from = append(from, Fetched{FromDatabase, tried})
	}
	return from
}

// testedIn is the word "tested" of a section.
func testedIn(section []byte) string {
	for line := range bytes.Lines(section) {
		if tested, ok := bytes.CutPrefix(line, []byte("  tested: ")); ok {
			return strings.Trim(string(bytes.TrimSpace(tested)), `"`)
		}
	}
	return ""
}

// PresetSource returns the YAML text of a preset.
func PresetSource(name string) ([]byte, error) {
	text, ok := presetText(name)
	if !ok {
		return nil, fmt.Errorf("there is no preset %q", name)
	}
	return text, nil
}

// PresetNames lists the presets, without reading them.
func PresetNames() []string { return slices.Clone(presetNames()) }

// Presets lists the presets by name.
func Presets() []PresetInfo { return slices.Clone(described()) }

// described reads the texts once.
var described = sync.OnceValue(func() (out []PresetInfo) {
	for _, m := range recognised() {
		if m != nil {
			text, _ := presetText(m.name)
			out = append(out, PresetInfo{Name: m.name, Title: m.title, Notes: m.notes, Fetched: fetchedFrom(text)})
		}
	}
	return out
})
