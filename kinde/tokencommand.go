package kinde

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// commandTimeout is how long a token command may take: long enough for a
// person to touch a key.
const commandTimeout = 2 * time.Minute

// NewTokenCommand returns a source that runs a command line in the system's
// shell and takes the first line that it prints as the token. A token that is
// a JWT is renewed before it expires; any token is renewed once when the
// tenant refuses it.
func NewTokenCommand(command string) TokenSource {
	return newTokens(func(ctx context.Context) (string, time.Time, error) {
		ctx, cancel := context.WithTimeout(ctx, commandTimeout)
		defer cancel()
		shell, flag := "/bin/sh", "-c"
		if runtime.GOOS == "windows" {
			shell, flag = "cmd", "/C"
		}
		cmd := exec.CommandContext(ctx, shell, flag, command)
		cmd.WaitDelay = 5 * time.Second
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := cmd.Run(); err != nil {
			// What it printed may be half a secret: only how it ended is told.
			return "", time.Time{}, tokenError(0, ClassAuth, fmt.Sprintf("the token command failed: %v", err), nil)
		}
		line, _, _ := strings.Cut(strings.TrimSpace(out.String()), "\n")
		token := strings.TrimSpace(line)
		if token == "" || strings.ContainsAny(token, " \t\x00") {
			return "", time.Time{}, tokenError(0, ClassAuth, "the token command printed no token", nil)
		}
		return token, jwtExpiry(token), nil
	})
}
