package databasetest

import (
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"modernc.org/sqlite"
)

// Places are the places of the code that give SQLite a statement or a transaction on
// one of the databases below a folder, each named by the functions of ours that lead
// to it, with their lines, the innermost first. There are far fewer places than
// statements, so that each can be made to fail in a test of a whole run.
type Places struct {
	folder string

	mu     sync.Mutex
	counts bool
	seen   map[string]int
	place  string // what fails, at its nth time
	nth    int
	fired  bool
}

// Watch watches the databases below the folder that are opened from now on.
func Watch(t testing.TB, folder string) *Places {
	p := &Places{folder: folder}
	t.Cleanup(watch(p))
	return p
}

func (p *Places) authorizerOf(name string) authorizer {
	name, _, _ = strings.Cut(strings.TrimPrefix(name, "file:"), "?")
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	if !strings.HasPrefix(filepath.ToSlash(name), filepath.ToSlash(p.folder)) {
		return nil
	}
	return p.authorize
}

// Begin counts operations from now on, and lets the nth at a place fail; "" is none.
func (p *Places) Begin(place string, nth int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts, p.seen, p.place, p.nth, p.fired = true, map[string]int{}, place, nth, false
}

// End returns how many operations there were at each place until one failed, and
// whether one did. From now on none is counted and none fails.
func (p *Places) End() (seen map[string]int, fired bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts = false
	return p.seen, p.fired
}

func (p *Places) authorize(action sqlite.AuthorizerActionCode, what, _, _, _ string) sqlite.AuthorizerReturnCode {
	switch action {
	case sqlite.AuthSelect, sqlite.AuthInsert, sqlite.AuthUpdate, sqlite.AuthDelete, sqlite.AuthPragma:
	case sqlite.AuthTransaction:
		if what == "ROLLBACK" {
			return sqlite.AuthorizerOK
		}
	default:
		return sqlite.AuthorizerOK
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fired || !p.counts {
		return sqlite.AuthorizerOK
	}
	place := where()
	p.seen[place]++
	if p.place == place && p.seen[place] == p.nth {
		p.fired = true
		return sqlite.AuthorizerDeny
	}
	return sqlite.AuthorizerOK
}

const module = "github.com/kinde-migrate/kinde-migrate/"

// where names the functions of ours, tests left out, that led here.
func where() string {
	pcs := make([]uintptr, 100)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	var names []string
	for more := true; more; {
		var x runtime.Frame
		if x, more = frames.Next(); strings.HasPrefix(x.Function, module) && !strings.HasSuffix(x.File, "_test.go") &&
			!strings.Contains(x.Function, "/databasetest.") {
			names = append(names, fmt.Sprintf("%s:%d", x.Function[strings.LastIndexByte(x.Function, '/')+1:], x.Line))
		}
	}
	return strings.Join(names, " < ")
}
