package cli

import (
	"io"
	"os"
	"strings"
)

// maxSecret bounds a secret's file, in bytes.
const maxSecret = 64 << 10

// readSecretFile reads a secret: all of the file but white space at its ends.
// The error names the file, never its content.
func readSecretFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", usagef("", "opening the file with the secret: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSecret))
	if err != nil {
		return "", failf("", "reading the file with the secret %s: %w", path, err)
	}
	secret := strings.TrimSpace(string(data))
	if secret == "" {
		return "", usagef("", "the file %s holds no secret", path)
	}
	return secret, nil
}
