package cmd

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
)

// answer is a host that says the same to every request.
type answer struct {
	status int
	body   string
}

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: a.status,
		Header:     http.Header{"Content-Type": {"text/html"}},
		Body:       io.NopCloser(strings.NewReader(a.body)),
		Request:    r,
	}, nil
}

// TestCustomDomain: whoever names the domain under which people sign in is told that
// the Management API needs the other one.
func TestCustomDomain(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile(filepath.Join(dir, "users.csv"), []byte("id,email\n1,ana@example.com\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, host := range map[string]answer{"refuses": {401, `{"error":"invalid_client"}`},
		"knows nothing": {404, "<html>not found</html>"}} {
		for _, line := range []string{"doctor", "import users.csv --dry-run"} {
			for domain, advised := range map[string]bool{"auth.acme.example": true, "acme.kinde.com": false} {
				vars := map[string]string{
					"KINDE_DOMAIN":                   domain,
					"KINDE_MANAGEMENT_CLIENT_ID":     "id",
					"KINDE_MANAGEMENT_CLIENT_SECRET": "secret",
					"XDG_CONFIG_HOME":                dir,
				}
				var out, errs bytes.Buffer
				code := Run(t.Context(), cli.Process{
					Args: append(
						[]string{"kinde-migrate"},
						strings.Fields(line)...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Transport: host,
					LookupEnv: func(key string) (string, bool) { v, ok := vars[key]; return v, ok },
				})
				said := strings.Contains(strings.Join(strings.Fields(errs.String()+out.String()), " "), "he Management API needs the Kinde domain")
				if code == 0 || said != advised || strings.Contains(errs.String(), "secret\"") {
					t.Errorf("%s at %s, which %s: exit %d\n%s%s", line, domain, name, code, errs.String(), out.String())
				}
			}
		}
	}
}
