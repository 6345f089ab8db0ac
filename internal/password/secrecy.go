package password

import (
	"fmt"
	"log/slog"
)

// The types of this package hold secrets. Whatever prints them, by fmt or by
// slog, gets their kind and nothing else. JSON is left alone: it is how a Body
// is sent.

// String names the method.
func (b Body) String() string { return "password.Body{" + safeName(b.method()) + "}" }

// Format prints what String returns, whatever the verb.
func (b Body) Format(f fmt.State, _ rune) { fmt.Fprint(f, b.String()) }

// LogValue returns what String returns.
func (b Body) LogValue() slog.Value { return slog.StringValue(b.String()) }

// String names the encoding and what became of it.
func (p Password) String() string {
	state := "kept"
	switch {
	case p.Malformed:
		state = "malformed"
	case p.Body == nil:
		state = "refused"
	}
	return "password.Password{" + p.Encoding + ", " + state + "}"
}

// Format prints what String returns, whatever the verb.
func (p Password) Format(f fmt.State, _ rune) { fmt.Fprint(f, p.String()) }

// LogValue returns what String returns.
func (p Password) LogValue() slog.Value { return slog.StringValue(p.String()) }

// String tells nothing of the content.
func (Input) String() string { return "password.Input{}" }

// Format prints what String returns, whatever the verb.
func (in Input) Format(f fmt.State, _ rune) { fmt.Fprint(f, in.String()) }

// LogValue returns what String returns.
func (in Input) LogValue() slog.Value { return slog.StringValue(in.String()) }

// String tells nothing of the content.
func (Options) String() string { return "password.Options{}" }

// Format prints what String returns, whatever the verb.
func (o Options) Format(f fmt.State, _ rune) { fmt.Fprint(f, o.String()) }

// LogValue returns what String returns.
func (o Options) LogValue() slog.Value { return slog.StringValue(o.String()) }

// safeName keeps a method from carrying something else into a log.
func safeName(method string) string {
	switch method {
	case methodBcrypt, methodCrypt, methodMD5, methodSHA256, methodWordPress, methodPBKDF2, methodFirebase, methodASPNet:
		return method
	}
	return "unknown method"
}
