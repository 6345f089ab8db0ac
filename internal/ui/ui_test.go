package ui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestTableFitsTheWidth(t *testing.T) {
	table := &Table{Head: []string{"name", "n", "text", "aside"}, Right: []bool{false, true}, Spare: []string{"aside"}}
	table.Add("ana", "1", strings.Repeat("long ", 40)+"end", "beside")
	table.Add("田中さん", "12,345", "x\ny\x1b[31m")
	table.Add("bob", "2", strings.Repeat("0123456789", 9))
	for _, width := range []int{0, 24, 40, 60, 400} {
		var b bytes.Buffer
		if err := table.Write(&b, width, 2); err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(b.String(), "\n") {
			if width > 0 && Columns(line) > width {
				t.Errorf("too wide for %d: %q", width, line)
			}
		}
		text := strings.Join(strings.Fields(b.String()), "")
		if strings.Count(text, "long") != 40 || !strings.Contains(text, "end") || strings.Contains(text, "…") ||
			strings.Contains(text, "\x1b") {
			t.Errorf("at %d something is missing or not inert: %q", width, b.String())
		}
		if dropped := !strings.Contains(text, "beside"); dropped != (width == 24 || width == 40) {
			t.Errorf("at %d the spare column is dropped: %v", width, dropped)
		}
		if width == 0 && strings.Count(b.String(), "\n") != 4 {
			t.Errorf("without a terminal a row is not a line: %q", b.String())
		}
	}
}

func TestWrapKeepsToTheWidth(t *testing.T) {
	got := Wrap("one two three four five six seven eight nine ten", 24, 4)
	for _, line := range strings.Split(got, "\n") {
		if Columns(line) > 24 || !strings.HasPrefix(line, "    ") {
			t.Errorf("%q", line)
		}
	}
	if strings.Join(strings.Fields(got), " ") != "one two three four five six seven eight nine ten" {
		t.Errorf("words are lost: %q", got)
	}
}

func TestRedaction(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(Redact(slog.NewJSONHandler(&b, nil)))
	secret := "s3cr3t-canary"
	jwt := "eyJhbGciOi.eyJzdWIi.c2ln"
	log.With("client_secret", secret).Info("Authorization: Bearer "+secret,
		"access_token", secret, "password", secret, "salt", secret, "hash", secret, "signerKey", secret,
		slog.Group("request", "authorization", secret, "path", "/api?token="+jwt+" "+jwt),
		"error", errors.New("sent Bearer "+secret+" in vain"), "body", struct{ Password string }{secret},
		"operation", "createUser")
	if strings.Contains(b.String(), secret) || strings.Contains(b.String(), jwt+"\"") {
		t.Errorf("a secret was logged: %s", b.String())
	}
	if !strings.Contains(b.String(), `"operation":"createUser"`) {
		t.Errorf("harmless attributes are lost: %s", b.String())
	}
}

func TestLogFileIsPrivate(t *testing.T) {
	path := t.TempDir() + "/log"
	log, closer, err := OpenLog(NewIO(nil, nil, nil), LogOptions{File: path, Format: "json"})
	if err != nil {
		t.Fatal(err)
	}
	log.Info("hello")
	if err := closer(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if os.PathSeparator == '/' && info.Mode().Perm() != 0o600 {
		t.Errorf("the log file has the mode %v", info.Mode())
	}
}

func TestStatusLinesComeEveryFewSeconds(t *testing.T) {
	var b bytes.Buffer
	now := time.Unix(0, 0)
	p := &lines{out: &b, now: func() time.Time { return now }, every: 5 * time.Second}
	for i := range int64(13) {
		p.Update(Status{Stage: "Importing", Done: i * 10, Total: 1000, PerSecond: 10, Limit: 50})
		now = now.Add(time.Second)
	}
	got := strings.Split(strings.TrimSpace(b.String()), "\n")
	want := []string{
		"Importing: 50 of 1,000, 10 requests/s, limit about 50, 1 min 35 s left",
		"Importing: 100 of 1,000, 10 requests/s, limit about 50, 1 min 30 s left",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", b.String())
	}
}

func TestBarShowsCountsAndLeavesNothing(t *testing.T) {
	var b bytes.Buffer
	now := time.Unix(0, 0)
	p := &bar{screen: &screen{out: &b}, width: func() int { return 100 }, now: func() time.Time { return now }, every: time.Millisecond}
	for i := range int64(5) {
		p.Update(Status{Stage: "Importing", Done: i * 100, Total: 1000, Failed: 2})
		now = now.Add(time.Second)
	}
	if !strings.Contains(b.String(), "400 of 1,000, 2 failed") {
		t.Errorf("the counts are missing: %q", b.String())
	}
	p.Finish()
	if !strings.HasSuffix(b.String(), clearLine) {
		t.Errorf("the bar is left on the line: %q", b.String())
	}
}

// TestBarLine: count, rate and time left stay on a line of 80 columns; the bar is
// the first to go, then what is said beside them.
func TestBarLine(t *testing.T) {
	st := Status{Stage: "Importing", Done: 412_345, Total: 1_000_000, Failed: 12, PerSecond: 118, Limit: 120, Note: "the tenant asked to wait"}
	for width, want := range map[int]string{
		130: "Importing  412,345 of 1,000,000, 12 failed, 118 requests/s, limit about 120, 1 h 23 min left, the tenant asked to wait",
		110: "Importing  412,345 of 1,000,000, 12 failed, 118 requests/s, 1 h 23 min left, the tenant asked to wait",
		79:  "Importing  412,345 of 1,000,000, 12 failed, 118 requests/s, 1 h 23 min left",
		65:  "Importing  412,345 of 1,000,000, 118 requests/s, 1 h 23 min left",
		40:  "Importing  412,345 of 1,000,000",
		20:  "Importing  412,345 …",
	} {
		got := barLine(st, 83*time.Minute, width)
		if Columns(got) > width {
			t.Errorf("%d: %d columns", width, Columns(got))
		}
		if got != want {
			t.Errorf("%d:\n got %q\nwant %q", width, got, want)
		}
	}
}

// TestPicture: the bar is full only when everything is done.
func TestPicture(t *testing.T) {
	for done, want := range map[int64]string{
		0: "0% ░░░░░░░░░░", 500: "50% █████░░░░░", 999: "99% █████████░",
		1000: "100% ██████████", 2000: "100% ██████████",
	} {
		if got := picture(done, 1000, 10); got != want {
			t.Errorf("%d of 1,000: %q, want %q", done, got, want)
		}
	}
}

// TestAQuestionIsAloneOnItsLine: the bar is cleared and not drawn again while a
// question waits, and what is said meanwhile comes afterwards.
func TestAQuestionIsAloneOnItsLine(t *testing.T) {
	var b bytes.Buffer
	keys, typist := io.Pipe()
	screen := &screen{out: &b}
	s := &IO{In: keys, Err: screen, InTTY: true, ErrTTY: true, screen: screen}
	p := &bar{screen: screen, width: func() int { return 80 }, now: time.Now}
	p.Update(Status{Stage: "Reading", Done: 1, Total: 2})
	s.Asking = func(begins bool) {
		if begins {
			go func() {
				for { // until the question is there
					screen.mu.Lock()
					asking := screen.asking
					screen.mu.Unlock()
					if asking {
						break
					}
				}
				p.Update(Status{Stage: "Looking at the tenant", Done: 1, Total: 2})
				p.Note("a note")
				p.Finish()
				_, _ = typist.Write([]byte("y\n"))
			}()
		}
	}
	if yes, err := s.Confirm(t.Context(), "Sure?"); !yes || err != nil {
		t.Errorf("%v, %v", yes, err)
	}
	if got := b.String(); !strings.HasSuffix(got, clearLine+"Sure? [y/N] a note\n") || strings.Contains(got, "Looking") {
		t.Errorf("%q", got)
	}
}

func TestWithoutATerminalNothingIsAsked(t *testing.T) {
	var b bytes.Buffer
	s := NewIO(strings.NewReader("yes\n"), &b, &b)
	if _, err := s.Confirm(t.Context(), "Sure?"); !errors.Is(err, ErrNoTerminal) || b.Len() > 0 {
		t.Errorf("%v, %q", err, b.String())
	}
}

func TestNumbersAndTimes(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000"} {
		if got := Number(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	for d, want := range map[time.Duration]string{
		90 * time.Second: "1 min 30 s", 1500 * time.Millisecond: "1.5 s", 3*time.Hour + 4*time.Minute: "3 h 04 min", 72 * time.Hour: "3.0 days",
		20 * time.Millisecond: "20 ms",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%v: %s", d, got)
		}
	}
}

// blocked is a terminal at which nobody types.
type blocked struct{}

func (blocked) Read([]byte) (int, error) { select {} }

// TestCtrlCEndsAQuestion: the first Ctrl-C ends the waiting for an answer, though
// the context of the work goes on.
func TestCtrlCEndsAQuestion(t *testing.T) {
	pressed := make(chan struct{})
	close(pressed)
	s := &IO{In: blocked{}, Err: io.Discard, InTTY: true, ErrTTY: true, Interrupted: pressed}
	if yes, err := s.Confirm(context.Background(), "Go on?"); yes || !errors.Is(err, ErrUnanswered) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", yes, err)
	}
}

// What a log can't take is told once, and the rest of the lines may still be taken.
func TestALogThatFailsIsToldOnce(t *testing.T) {
	disk := &fullDisk{room: 1}
	var told bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&logFile{file: disk, warn: &told}, nil))
	for range 50 {
		log.Info("hello")
	}
	if disk.tried != 50 || disk.kept != 1 {
		t.Errorf("%d lines were tried, %d kept", disk.tried, disk.kept)
	}
	if want := "Warning: the log is not complete from here on: no space left on device\n"; told.String() != want {
		t.Errorf("it says %q", told.String())
	}
}

type fullDisk struct{ room, tried, kept int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.tried++; d.kept == d.room {
		return 0, syscall.ENOSPC
	}
	d.kept++
	return len(p), nil
}
