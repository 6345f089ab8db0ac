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

// ErrUnanswered tells that somebody pressed Ctrl-C at a question.
var ErrUnanswered error = unanswered{}

type unanswered struct{}

func (unanswered) Error() string { return "stopped at a question" }

func (unanswered) Is(target error) bool { return target == context.Canceled }

// ErrNoTerminal tells that a question could not be asked: nobody is there to answer.
var ErrNoTerminal = errors.New("there is no terminal to ask on")

// Confirm asks a yes-or-no question on stderr. Only y and yes are a yes.
func (s *IO) Confirm(ctx context.Context, question string) (bool, error) {
	answer, err := s.Ask(ctx, Wrap(question, s.Width()-len(" [y/N] "), 0)+" [y/N] ")
	if err != nil {
		return false, err
	}
	answer = strings.ToLower(answer)
	return answer == "y" || answer == "yes", nil
}

// ConfirmTyped asks for a word to be typed, for what can't be undone.
func (s *IO) ConfirmTyped(ctx context.Context, question, word string) (bool, error) {
	answer, err := s.Ask(ctx, Wrap(fmt.Sprintf("%s\nType %s to continue:", question, word), s.Width(), 0)+" ")
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
	text, err := s.await(ctx, question, func() (string, error) { return readLine(s.In) })
	return strings.TrimSpace(text), err
}

// AskSecret asks like Ask, but what is typed does not show, and white space counts.
func (s *IO) AskSecret(ctx context.Context, question string) (string, error) {
	in, ok := s.In.(*os.File)
	if !ok || !s.InTTY || !s.ErrTTY {
		return "", ErrNoTerminal
	}
	if shown, err := term.GetState(int(in.Fd())); err == nil {
		defer term.Restore(int(in.Fd()), shown) // also when nobody waits for the reader any more
	}
	text, err := s.await(ctx, question, func() (string, error) {
		data, err := term.ReadPassword(int(in.Fd()))
		return string(data), err
	})
	if !errors.Is(err, ErrUnanswered) {
		fmt.Fprintln(s.Err) // what was typed did not show, nor did its end
	}
	return text, err
}

// await asks and reads in a goroutine, so that ctx and Ctrl-C can end the wait.
func (s *IO) await(ctx context.Context, question string, read func() (string, error)) (string, error) {
	if s.Asking != nil {
		s.Asking(true)
		defer s.Asking(false)
	}
	answered, err := s.show(question)
	if err != nil {
		return "", err
	}
	defer answered()
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
		select {
		case <-s.Interrupted: // the same Ctrl-C
			return "", s.unanswered()
		default:
			return "", ctx.Err()
		}
	case <-s.Interrupted:
		return "", s.unanswered()
	case a := <-ch:
		return a.text, a.err
	}
}

func (s *IO) unanswered() error {
	if s.screen != nil {
		s.screen.leave()
	}
	return ErrUnanswered
}

// show puts a question on a line of its own.
func (s *IO) show(question string) (answered func(), err error) {
	if s.screen != nil {
		return s.screen.ask(question)
	}
	_, err = io.WriteString(s.Err, question)
	return func() {}, err
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
