package mapping

import (
	"embed"
	"fmt"
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

// compileAll compiles all presets beside each other. What is wrong with one, Preset tells.
func compileAll() {
	var compiling sync.WaitGroup
	for _, name := range presetNames() {
		compiling.Go(func() { _, _ = Preset(name) })
	}
	compiling.Wait()
}

// PresetSource returns the YAML text of a preset.
func PresetSource(name string) ([]byte, error) {
	text, ok := presetText(name)
	if !ok {
		return nil, fmt.Errorf("there is no preset %q", name)
	}
	return text, nil
}

// Presets lists the presets by name.
func Presets() []PresetInfo {
	compileAll()
	var out []PresetInfo
	for _, name := range presetNames() {
		if m, err := Preset(name); err == nil {
			out = append(out, PresetInfo{Name: name, Title: m.title, Notes: m.notes, Fetched: m.fetched()})
		}
	}
	return out
}
