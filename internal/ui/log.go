package ui

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lmittmann/tint"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// LogOptions says where logs go and how they look.
type LogOptions struct {
	File   string // appended to, 0600; "" logs warnings to stderr
	Format string // text or json
	Debug  bool
}

// OpenLog returns a logger that never writes a secret, and what closes it.
// Without a file, only warnings and errors are shown: stderr belongs to the person.
func OpenLog(s *IO, o LogOptions) (*slog.Logger, func() error, error) {
	level := slog.LevelWarn
	if o.File != "" {
		level = slog.LevelInfo
	}
	if o.Debug {
		level = slog.LevelDebug
	}
	w, closer := s.Err, func() error { return nil }
	if o.File != "" {
		f, err := atomicfile.Open(o.File, os.O_CREATE|os.O_APPEND|os.O_WRONLY)
		if err != nil {
			return nil, nil, fmt.Errorf("opening the log file: %w", err)
		}
		w, closer = &logFile{file: f, warn: s.Err}, f.Close
	}
	return slog.New(Redact(logHandler(w, level, o, s.color && o.File == ""))), closer, nil
}

// logFile is a file whose first failed write is told, since nobody looks at what
// a logger returns. The run goes on.
type logFile struct {
	file io.Writer
	warn io.Writer
	once sync.Once
}

func (l *logFile) Write(p []byte) (int, error) {
	n, err := l.file.Write(p)
	if err != nil {
		l.once.Do(func() { fmt.Fprintf(l.warn, "Warning: the log is not complete from here on: %v\n", err) })
	}
	return n, err
}

func logHandler(w io.Writer, level slog.Level, o LogOptions, color bool) slog.Handler {
	if o.Format == "json" {
		return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
	}
	return tint.NewTextHandler(w, &tint.Options{Level: level, TimeFormat: time.RFC3339, NoColor: !color})
}

// secretWords mark an attribute whose value must not be logged.
var secretWords = []string{"secret", "token", "password", "authorization", "hash", "salt", "signer", "pepper", "cookie", "assertion"}

// harmless attributes hold such a word in their name and no secret.
var harmless = []string{"hashing_method", "token_lifetime", "token_type", "by_method", "hashes"}

const redacted = "[redacted]"

// Redact wraps a handler so that attributes named like secrets lose their
// value and bearer tokens inside text are cut out. Values of unknown Go types
// are logged by their type only.
func Redact(h slog.Handler) slog.Handler { return redactor{h} }

type redactor struct{ next slog.Handler }

func (r redactor) Enabled(ctx context.Context, l slog.Level) bool { return r.next.Enabled(ctx, l) }

func (r redactor) Handle(ctx context.Context, rec slog.Record) error {
	out := slog.NewRecord(rec.Time, rec.Level, RedactText(rec.Message), rec.PC)
	rec.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(redactAttr(a))
		return true
	})
	return r.next.Handle(ctx, out)
}

func (r redactor) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = redactAttr(a)
	}
	return redactor{r.next.WithAttrs(clean)}
}

func (r redactor) WithGroup(name string) slog.Handler { return redactor{r.next.WithGroup(name)} }

func redactAttr(a slog.Attr) slog.Attr {
	key := strings.ToLower(a.Key)
	if !slices.Contains(harmless, key) {
		for _, w := range secretWords {
			if strings.Contains(key, w) {
				return slog.String(a.Key, redacted)
			}
		}
	}
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindGroup:
		group := make([]slog.Attr, len(v.Group()))
		for i, g := range v.Group() {
			group[i] = redactAttr(g)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(group...)}
	case slog.KindString:
		return slog.String(a.Key, RedactText(v.String()))
	case slog.KindAny:
		switch x := v.Any().(type) {
		case error:
			return slog.String(a.Key, RedactText(x.Error()))
		case fmt.Stringer:
			return slog.String(a.Key, RedactText(x.String()))
		case []string:
			return slog.String(a.Key, RedactText(strings.Join(x, ", ")))
		default:
			return slog.String(a.Key, fmt.Sprintf("(%T)", x))
		}
	}
	return slog.Attr{Key: a.Key, Value: v}
}

// RedactText cuts bearer tokens and JSON web tokens out of text.
func RedactText(text string) string {
	if !strings.Contains(text, "earer ") && !strings.Contains(text, "eyJ") {
		return text
	}
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '"' || r == '\n' })
	for i, f := range fields {
		bearer := i > 0 && strings.EqualFold(fields[i-1], "bearer")
		if bearer || strings.HasPrefix(f, "eyJ") && strings.Count(f, ".") >= 2 {
			text = strings.ReplaceAll(text, f, redacted)
		}
	}
	return text
}
