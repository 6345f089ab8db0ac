package backup

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"filippo.io/age"
)

// Recipients are those who can read an encrypted backup.
type Recipients []age.Recipient

// ParseRecipients reads public keys of age: each value is one ("age1…") or the
// path of a file with one on each line.
func ParseRecipients(values []string) (Recipients, error) {
	var out Recipients
	for _, v := range values {
		v = strings.TrimSpace(v)
		text := []byte(v)
		if !strings.HasPrefix(v, "age1") {
			var err error
			if text, err = readKeys(v); err != nil {
				return nil, fmt.Errorf("reading a file of recipients: %w", err)
			}
		}
		list, err := age.ParseRecipients(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("reading the recipient %s: %w", v, err)
		}
		out = append(out, list...)
	}
	return out, nil
}

// Identities open encrypted backups.
type Identities []age.Identity

// ReadIdentities reads files with secret keys of age, one on each line. The
// error names the file, never its content.
func ReadIdentities(paths []string) (Identities, error) {
	var out Identities
	for _, path := range paths {
		data, err := readKeys(path)
		if err != nil {
			return nil, fmt.Errorf("reading a file of identities: %w", err)
		}
		list, err := age.ParseIdentities(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("the file %s holds no age identities", path)
		}
		out = append(out, list...)
	}
	return out, nil
}

// readKeys reads a file of keys. A secret key in the place of its path is refused
// without repeating it, as the system would.
func readKeys(path string) ([]byte, error) {
	if strings.Contains(strings.ToUpper(path), "AGE-SECRET-KEY-") {
		return nil, errors.New("a secret key was given in the place of a file's path: put it into a file")
	}
	return os.ReadFile(path)
}
