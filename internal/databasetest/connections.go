package databasetest

import (
	"errors"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// An authorizer is asked by SQLite about each part of a statement that it compiles.
type authorizer = func(action sqlite.AuthorizerActionCode, a, b, _, _ string) sqlite.AuthorizerReturnCode

// A watcher gives the authorizer of a new connection to a database, nil if it has nothing
// to do with that one. The name is as it was opened.
type watcher interface{ authorizerOf(name string) authorizer }

// watchers are asked about each new connection of the process. SQLite's driver takes
// hooks for good, so that there is one, and watchers come and go.
var watchers = struct {
	hook sync.Once
	mu   sync.Mutex
	of   map[watcher]bool
}{of: map[watcher]bool{}}

// watch has a watcher asked about the connections that are opened until end is called.
func watch(w watcher) (end func()) {
	watchers.hook.Do(func() { sqlite.RegisterConnectionHook(authorize) })
	watchers.mu.Lock()
	defer watchers.mu.Unlock()
	watchers.of[w] = true
	return func() {
		watchers.mu.Lock()
		defer watchers.mu.Unlock()
		delete(watchers.of, w)
	}
}

func authorize(c sqlite.ExecQuerierContext, name string) error {
	watchers.mu.Lock()
	defer watchers.mu.Unlock()
	for w := range watchers.of {
		if a := w.authorizerOf(name); a != nil {
			return c.(sqlite.AuthorizerRegisterer).RegisterAuthorizer(a)
		}
	}
	return nil
}

// Refused tells whether an error is that of a statement which an authorizer refused.
func Refused(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_AUTH
}
