// Package kinde is a client of the Kinde Management API for bulk work.
//
// It owns everything between a typed request and a typed answer: the token
// that all workers share, the gate that decides when a request may start, the
// attempts and their back-off, errors sorted by what can be done about them,
// and lists as iterators. It never decides what to send: it doesn't know users
// of other providers, files, checkpoints or reports.
//
// # Attempts
//
// A request is sent again by the client itself when that can do no harm: when
// it certainly never left (the connection was refused, the name didn't
// resolve, no token could be had), when the tenant said that it did nothing
// (429), and after 5xx, timeouts and cut answers of operations that may be
// repeated. A lost answer to one that may not be repeated, such as createUser,
// comes back at once as ClassInDoubt, for the caller to settle.
//
// A tenant that is down is waited for: Config.StartWait before anything
// succeeded, Config.MaxWait since the last sign of life afterwards. A request
// that fails again and again while the tenant is well is given up after
// Config.MaxTries. Config.Observe hears of every attempt and every pause.
//
// # Answers
//
// The API's description leaves room, and so does this package: numbers may
// come as strings, anything may be null, a list may be short, wrapped or
// empty, and an error may be JSON of several shapes, HTML, or nothing.
package kinde
