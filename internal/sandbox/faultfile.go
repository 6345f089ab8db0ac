package sandbox

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/kinde-migrate/kinde-migrate/internal/yamlguard"
)

// faultFile is the YAML of --faults; docs/sandbox.md describes it.
type faultFile struct {
	Seed  uint64      `yaml:"seed"`
	Rules []faultRule `yaml:"rules"`
}

type faultRule struct {
	Operation   any     `yaml:"operation"` // one or several
	Method      string  `yaml:"method"`
	Path        string  `yaml:"path"`
	Every       int     `yaml:"every"`
	Nth         any     `yaml:"nth"` // one or several
	Probability float64 `yaml:"probability"`
	After       any     `yaml:"after"` // a number of requests or a duration
	Until       any     `yaml:"until"`
	Limit       int     `yaml:"limit"`
	Kind        string  `yaml:"kind"`
	Status      int     `yaml:"status"`
	Duration    string  `yaml:"duration"`
	When        string  `yaml:"when"` // before (default) or after the tenant acted
}

// ReadFaults reads the rules of a fault file.
func ReadFaults(path string) ([]Fault, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the fault file: %w", err)
	}
	faults, err := ParseFaults(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the fault file %s: %w", path, err)
	}
	return faults, nil
}

// ParseFaults reads rules from YAML: an object with seed and rules, or just
// the list. Unknown keys are refused.
func ParseFaults(raw []byte) ([]Fault, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, nil
	}
	var file faultFile
	if err := strictYAML(raw, &file); err != nil {
		var bare []faultRule
		if bareErr := strictYAML(raw, &bare); bareErr != nil {
			return nil, err
		}
		file.Rules = bare
	}
	out := make([]Fault, 0, len(file.Rules))
	for n, r := range file.Rules {
		f, err := r.fault(file.Seed)
		if err == nil {
			err = f.check()
		}
		if err != nil {
			return nil, fmt.Errorf("rule %d: %w", n+1, err)
		}
		out = append(out, f)
	}
	return out, nil
}

func (r faultRule) fault(seed uint64) (f Fault, err error) {
	f = Fault{
		Method:      r.Method,
		Path:        r.Path,
		Every:       r.Every,
		Probability: r.Probability,
		Limit:       r.Limit,
		Kind:        r.Kind,
		Status:      r.Status,
		Seed:        seed,
	}
	if n, err := strconv.Atoi(f.Kind); err == nil && f.Status == 0 {
		f.Kind, f.Status = FaultStatus, n // kind: 503
	}
	// "hang before" and "hang after" say when in the kind.
	if kind, when, ok := strings.Cut(f.Kind, " "); ok {
		f.Kind, r.When = kind, when
	}
	switch r.When {
	case "", "before":
	case "after":
		f.Acted = true
	default:
		return f, fmt.Errorf("when is before or after, not %q", r.When)
	}
	if f.Operations, err = words("operation", r.Operation); err != nil {
		return f, err
	}
	numbers, err := words("nth", r.Nth)
	if err != nil {
		return f, err
	}
	for _, s := range numbers {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return f, fmt.Errorf("nth takes numbers from 1, not %q", s)
		}
		f.Nth = append(f.Nth, n)
	}
	if f.AfterCount, f.After, err = countOrTime("after", r.After); err != nil {
		return f, err
	}
	if f.UntilCount, f.Until, err = countOrTime("until", r.Until); err != nil {
		return f, err
	}
	if r.Duration != "" {
		if f.Duration, err = time.ParseDuration(r.Duration); err != nil {
			return f, fmt.Errorf("duration %q is not one like 500ms or 2s", r.Duration)
		}
	}
	return f, nil
}

// words reads a value that may be single, a comma list or a list.
func words(key string, v any) ([]string, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, fmt.Sprint(item))
		}
		return out, nil
	case map[string]any:
		return nil, fmt.Errorf("%s is a value or a list", key)
	default:
		return splitList(fmt.Sprint(v)), nil
	}
}

func countOrTime(key string, v any) (int, time.Duration, error) {
	if v == nil {
		return 0, 0, nil
	}
	text := fmt.Sprint(v)
	if n, err := strconv.Atoi(text); err == nil {
		return n, 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, 0, fmt.Errorf("%s is a number of requests or a duration, not %q", key, text)
	}
	return 0, d, nil
}

// strictYAML reads a file that somebody wrote by hand. Unknown keys are refused.
func strictYAML(raw []byte, into any) error {
	return yamlguard.Do(func() error { return yaml.UnmarshalWithOptions(raw, into, yaml.Strict()) })
}
