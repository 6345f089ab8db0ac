package ui

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// ErrNoTerminal tells that a question could not be asked: nobody is there to answer.
var ErrNoTerminal = errors.New("there is no terminal to ask on")

// Confirm asks a yes-or-no question on stderr. Only y and yes are a yes.
func (s *IO) Confirm(ctx context.Context, question string) (bool, error) {
	answer, err := s.Ask(ctx, question+" [y/N] ")
	if err != nil {
		return false, err
	}
	answer = strings.ToLower(answer)
	return answer == "y" || answer == "yes", nil
}

// ConfirmTyped asks for a word to be typed, for what can't be undone.
func (s *IO) ConfirmTyped(ctx context.Context, question, word string) (bool, error) {
	answer, err := s.Ask(ctx, fmt.Sprintf("%s\nType %s to go on: ", question, word))
	return answer == word, err
}

// Ask prints a question on stderr and reads one line. Without a terminal on
// both sides it returns ErrNoTerminal. When ctx ends first, or the person presses
// Ctrl-C, the reading goroutine is left to the process's end: a read from a
// terminal can't be cut.
func (s *IO) Ask(ctx context.Context, question string) (string, error) {
	if !s.InTTY || !s.ErrTTY {
		return "", ErrNoTerminal
	}
	if _, err := fmt.Fprint(s.Err, question); err != nil {
		return "", err
	}
	text, err := s.await(ctx, func() (string, error) { return readLine(s.In) })
	return strings.TrimSpace(text), err
}

// AskSecret asks like Ask, but what is typed does not show, and white space counts.
func (s *IO) AskSecret(ctx context.Context, question string) (string, error) {
	in, ok := s.In.(*os.File)
	if !ok || !s.InTTY || !s.ErrTTY {
		return "", ErrNoTerminal
	}
	if _, err := fmt.Fprint(s.Err, question); err != nil {
		return "", err
	}
	if shown, err := term.GetState(int(in.Fd())); err == nil {
		defer term.Restore(int(in.Fd()), shown) // also when nobody waits for the reader any more
	}
	text, err := s.await(ctx, func() (string, error) {
		data, err := term.ReadPassword(int(in.Fd()))
		return string(data), err
	})
	fmt.Fprintln(s.Err)
	return text, err
}

// await reads in a goroutine, so that ctx and Ctrl-C can end the wait.
func (s *IO) await(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	ch := make(chan answer, 1)
	go func() {
		text, err := read()
		ch <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case <-s.Interrupted:
		return "", context.Canceled
	case a := <-ch:
		return a.text, a.err
	}
}

// readLine reads byte by byte, so that nothing after the line is lost.
func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReaderSize(oneByte{r}, 16).ReadString('\n')
	if errors.Is(err, io.EOF) && line != "" {
		err = nil
	}
	return line, err
}

type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	return o.r.Read(p[:1])
}
