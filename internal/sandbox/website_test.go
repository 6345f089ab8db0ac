package sandbox

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAWebPageCannotUseTheSandbox: what a browser sends on behalf of another
// site, with a form or a script, is refused, and no answer is readable to it.
func TestAWebPageCannotUseTheSandbox(t *testing.T) {
	c := open(t, Options{Demo: true})
	body := `{"identity":"ana@example.com","password":"x"}`
	for name, header := range map[string]map[string]string{
		"a form":                   {"Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"},
		"a page of a sibling site": {"Sec-Fetch-Site": "same-site", "Content-Type": "text/plain"},
		"an older browser's form":  {"Origin": "https://attacker.example", "Content-Type": "application/x-www-form-urlencoded"},
		"a page without an origin": {"Origin": "null", "Content-Type": "text/plain"},
	} {
		for _, path := range []string{"/sandbox/sign-in", "/oauth2/token", "/api/v1/user"} {
			req, err := http.NewRequest(http.MethodPost, testBase+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+c.token)
			for k, v := range header {
				req.Header.Set(k, v)
			}
			answer, err := c.http.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != http.StatusForbidden {
				t.Errorf("%s to %s: %d", name, path, answer.StatusCode)
			}
			if got := answer.Header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("%s may read the answer: %s", name, got)
			}
		}
	}
	for _, site := range []string{"", "none", "same-origin"} {
		req, err := http.NewRequest(http.MethodPost, testBase+"/sandbox/sign-in", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if site != "" {
			req.Header.Set("Sec-Fetch-Site", site)
		}
		answer, err := c.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Errorf("Sec-Fetch-Site %q: %d", site, answer.StatusCode)
		}
	}
}

func TestTheSandboxRefusesOldTLS(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca.pem")
	s, err := Listen(t.Context(), ListenOptions{Address: "127.0.0.1:0", TLS: true, CAFile: ca})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	address := strings.TrimPrefix(s.URL, "https://")
	for version, ok := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true,
		tls.VersionTLS13: true} {
		raw, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		conn := tls.Client(raw, &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: version, MaxVersion: version})
		if err := conn.HandshakeContext(t.Context()); (err == nil) != ok {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
		raw.Close()
	}
}
