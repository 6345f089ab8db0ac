package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzConfig reads any bytes as the configuration of the working directory. It is
// refused, or sets nothing that such a file must not set.
func FuzzConfig(f *testing.F) {
	for _, text := range []string{"rate: 10\n", "domain: https://example.com\n", "profile: a\nprofiles: {a: {domain: x}}\n",
		"token_command: id\n", "a: &a [*a]\n", "{", "? x\n", "rate: !!binary YQ==\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "kinde-migrate.yaml")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := readConfig(path)
		if err != nil || c.harmless() != nil {
			return
		}
		values, _, err := c.pick("")
		if err != nil {
			return
		}
		for _, s := range settings {
			if _, set := values[s.key]; s.trusted && set {
				t.Errorf("it sets %s", s.key)
			}
		}
	})
}
