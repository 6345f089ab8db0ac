package cli

import (
	"io"
	"os"
	"strings"
)

// maxSecret bounds a secret's file, in bytes.
const MaxSecret = 64 << 10

// ReadSecretFile reads a secret: all of the file but white space at its ends.
// The error names the file, never its content.
func ReadSecretFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", Usagef("", "opening the file with the secret: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxSecret))
	if err != nil {
		return "", Failf("", "reading the file with the secret %s: %w", path, err)
	}
	secret := strings.TrimSpace(string(data))
	if secret == "" {
		return "", Usagef("", "the file %s holds no secret", path)
	}
	return secret, nil
}
