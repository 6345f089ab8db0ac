package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// questions asks what no flag answers. Without a terminal the defaults stand.
type questions struct {
	io *ui.IO
	in *cli.Invocation
}

// text asks for a line.
func (q *questions) text(ctx context.Context, flag, question, otherwise string) (string, error) {
	if flag != "" && q.in.Set(flag) {
		return otherwise, nil
	}
	return q.ask(ctx, ui.Wrap(question, q.io.Width(), 0), otherwise)
}

// ask asks for a line with a question that fits the terminal.
func (q *questions) ask(ctx context.Context, question, otherwise string) (string, error) {
	answer, err := q.io.Ask(ctx, question+" ")
	switch {
	case errors.Is(err, ui.ErrNoTerminal):
		return otherwise, nil
	case errors.Is(err, io.EOF):
		return "", cli.Usagef("give the answers as flags: see "+cli.Program+" guide --help", "the questions were left unanswered")
	case err != nil:
		return "", fmt.Errorf("asking: %w", err)
	case answer == "":
		return otherwise, nil
	}
	return answer, nil
}

// choice asks for one of some words, until it gets one; to holds the default.
func (q *questions) choice(ctx context.Context, flag, question string, choices []cli.Choice, to *string) error {
	if q.in.Set(flag) {
		return cli.OneOf("--"+flag, *to, cli.Words(choices)...)
	}
	var b strings.Builder
	b.WriteString(ui.Wrap(question, q.io.Width(), 0))
	for _, c := range choices {
		fmt.Fprintf(&b, "\n  %-8s %s", c.Word, c.Means)
	}
	fmt.Fprintf(&b, "\nYour choice [%s]:", *to)
	for {
		answer, err := q.ask(ctx, b.String(), *to)
		if err != nil {
			return err
		}
		if slices.Contains(cli.Words(choices), answer) {
			*to = answer
			return nil
		}
	}
}

// yes asks a question whose answer is yes unless it is a no.
func (q *questions) yes(ctx context.Context, question string) (bool, error) {
	for {
		answer, err := q.text(ctx, "", question+" [Y/n]", q.silence())
		if err != nil {
			return false, err
		}
		switch strings.ToLower(answer) {
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
	}
}

// silence is the answer to a yes-or-no question that nobody could be asked.
func (q *questions) silence() string {
	if q.io.InTTY && q.io.ErrTTY {
		return "y"
	}
	return "n"
}
