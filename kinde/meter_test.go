package kinde

import (
	"io"
	"net"
	"testing"
)

// TestUntouched: a connection that died during a hold says good-bye in TLS and
// nothing else; a request writes at least its head.
func TestUntouched(t *testing.T) {
	t.Parallel()
	here, there := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, there) }()
	m := &meteredConn{Conn: here}
	defer m.Close()
	write := func(n int) {
		t.Helper()
		if _, err := m.Write(make([]byte, n)); err != nil {
			t.Fatal(err)
		}
	}
	write(5000) // earlier requests
	w := &wire{meter: m, mark: m.written.Load()}
	if !w.untouched() {
		t.Error("nothing was written, but the request counts as sent")
	}
	write(31) // a TLS alert
	if !w.untouched() {
		t.Error("a TLS alert counts as a request")
	}
	write(120)
	if w.untouched() {
		t.Error("a written request counts as never sent")
	}
	if (&wire{}).untouched() {
		t.Error("without a meter nothing is known, and the request must count as sent")
	}
}
