package sandbox

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
)

// errReset is what the in-memory transport reports for a reset connection.
var errReset = errors.New("connection reset by peer")

// dropper is an answer whose connection can go away without a socket.
type dropper interface{ drop(error) }

func (w *memoryWriter) drop(err error) { w.dropped = err }

// reset closes the connection without an answer, as a crash would.
func reset(w http.ResponseWriter) int {
	if d, ok := w.(dropper); ok {
		d.drop(errReset)
		return 0
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2 has streams to reset instead
	}
	raw := conn
	if secure, ok := conn.(*tls.Conn); ok {
		raw = secure.NetConn()
	}
	if tcp, ok := raw.(*net.TCPConn); ok {
		tcp.SetLinger(0) // what makes Close send RST
	}
	raw.Close()
	return 0
}

// truncate announces the whole answer and sends half of it.
func truncate(w http.ResponseWriter, r response, raw []byte) int {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	w.WriteHeader(r.status)
	w.Write(raw[:len(raw)/2])
	if d, ok := w.(dropper); ok {
		d.drop(io.ErrUnexpectedEOF)
		return r.status
	}
	control := http.NewResponseController(w)
	control.Flush()
	conn, _, err := control.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	conn.Close()
	return r.status
}
