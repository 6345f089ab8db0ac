package doctor

import (
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Level says how bad a finding is.
type Level string

// The levels. A red finding makes a migration fail or lose something; a yellow
// one is to be known before it starts.
const (
	Green  Level = "green"
	Yellow Level = "yellow"
	Red    Level = "red"
)

// Finding is the result of one check.
type Finding struct {
	Check   string    `json:"check"`
	Level   Level     `json:"level"`
	Message string    `json:"message"`
	Try     string    `json:"try,omitempty"`
	Scopes  []string  `json:"scopes,omitempty"`  // that are missing
	Missing []Missing `json:"missing,omitempty"` // that the source names and the tenant lacks
}

// Missing is a name that the source uses and the tenant lacks.
type Missing struct {
	Kind    string `json:"kind"` // organization, role, permission, property, connection or flag
	Name    string `json:"name"`
	Records int64  `json:"records"` // that use it
	Fixable bool   `json:"fixable"` // by doctor --fix
}

// Findings is all that was found.
type Findings struct {
	Environment kinde.Environment
	List        []Finding
	Lacks       []importer.Unknown
	// Denied tells that the credentials were refused or a scope is missing.
	Denied bool
	// Cut tells that later checks were not possible.
	Cut bool
}

// Worst returns the worst level.
func (f *Findings) Worst() Level {
	worst := Green
	for _, x := range f.List {
		if x.Level == Red || x.Level == Yellow && worst == Green {
			worst = x.Level
		}
	}
	return worst
}

func (f *Findings) add(check string, level Level, message, try string) *Finding {
	f.List = append(f.List, Finding{Check: check, Level: level, Message: message, Try: try})
	return &f.List[len(f.List)-1]
}

// Fixable returns how many of the missing things can be created.
func (f *Findings) Fixable() (n int) {
	for _, u := range f.Lacks {
		if fixable(u.Kind) {
			n++
		}
	}
	return n
}

// fixable tells whether things of a kind can be created. A connection needs
// the secrets of the other provider.
func fixable(kind string) bool { return kind != "connection" }
