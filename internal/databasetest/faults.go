package databasetest

import (
	"fmt"
	"iter"
	"strings"
	"sync/atomic"
	"testing"

	"modernc.org/sqlite"
)

// Fault is one statement of SQLite that fails while it is armed.
type Fault struct {
	only  string
	n     int64        // which statement fails
	left  atomic.Int64 // statements up to that one; 0: not armed
	fired atomic.Pointer[string]
}

// Faults gives one fault after the other, for the 1st, 2nd, … statement on the
// databases in whose names only stands, until a turn of the loop gives SQLite no
// statement of that number. SQLite refuses a statement as it compiles it, so that
// one which was compiled before is not refused: each turn needs a database of its
// own, which it opens inside of the loop.
//
// Every database of the process is meant, so that no parallel test may use it.
func Faults(t testing.TB, only string) iter.Seq[*Fault] { return faults(t, only, 0, 1) }

// DrawnFaults gives the faults of Faults that Drawn draws: for long sweeps.
func DrawnFaults(t testing.TB, only string) iter.Seq[*Fault] {
	first, step := Drawn()
	return faults(t, only, first, step)
}

func faults(t testing.TB, only string, first, step int) iter.Seq[*Fault] {
	return func(yield func(*Fault) bool) {
		for n := int64(first) + 1; ; n += int64(step) {
			f := &Fault{only: only, n: n}
			more := func() bool {
				defer watch(f)()
				return yield(f)
			}()
			if !more || t.Failed() {
				return
			}
			if f.Disarm() == "" {
				if n == int64(first)+1 {
					t.Errorf("no statement is given to %q: the test shows nothing", only)
				}
				return
			}
		}
	}
}

// Arm begins to count statements.
func (f *Fault) Arm() { f.left.Store(f.n) }

// Disarm ends it, and tells which statement failed, "" for none.
func (f *Fault) Disarm() string {
	f.left.Store(0)
	if what := f.fired.Load(); what != nil {
		return *what
	}
	return ""
}

func (f *Fault) authorizerOf(name string) authorizer {
	if !strings.Contains(name, f.only) {
		return nil
	}
	var table string
	set := map[string]bool{} // the columns of table that the statement changes, as far as they were asked for
	return func(action sqlite.AuthorizerActionCode, a, b, _, _ string) sqlite.AuthorizerReturnCode {
		switch {
		case action == sqlite.AuthRead, action == sqlite.AuthFunction, action == sqlite.AuthRecursive, action == sqlite.AuthReindex,
			a == "sqlite_master": // parts of a statement
			return sqlite.AuthorizerOK
		case action == sqlite.AuthUpdate && a == table && !set[b]: // its next column
			set[b] = true
			return sqlite.AuthorizerOK
		case action == sqlite.AuthTransaction && a == "ROLLBACK":
			return sqlite.AuthorizerOK // nobody could end a transaction
		}
		clear(set)
		if table = ""; action == sqlite.AuthUpdate {
			table, set[b] = a, true
		}
		if f.left.Load() <= 0 || f.left.Add(-1) != 0 {
			return sqlite.AuthorizerOK
		}
		what := strings.TrimSpace(fmt.Sprintf("statement of kind %d %s %s", action, a, b))
		f.fired.Store(&what)
		return sqlite.AuthorizerDeny
	}
}
