package dashboard

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/report/page"
	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
)

func running(created *atomic.Int64) Page {
	return func(context.Context) (*page.Page, error) {
		r := report.New("import")
		n := created.Add(1)
		r.Totals = report.Totals{Records: 100, Created: n, Pending: 100 - n}
		return &page.Page{Report: r}, nil
	}
}

func get(t *testing.T, method, url, host string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		request.Host = host
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestDashboardIsReadOnlyAndBehindItsToken(t *testing.T) {
	var created atomic.Int64
	s, err := Serve(t.Context(), "127.0.0.1:0", running(&created))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	root := s.URL[:strings.LastIndex(strings.TrimSuffix(s.URL, "/"), "/")+1]
	tests := []struct {
		name, method, url, host string
		status                  int
		body                    string
	}{
		{"the page", http.MethodGet, s.URL, "", http.StatusOK, "Not finished"},
		{"the document", http.MethodGet, s.URL + "report.json", "", http.StatusOK, `"kinde-migrate.report/1"`},
		{"without the token", http.MethodGet, root, "", http.StatusNotFound, ""},
		{"with another token", http.MethodGet, root + "AAAA/", "", http.StatusNotFound, ""},
		{"under another name", http.MethodGet, s.URL, "attacker.example", http.StatusMisdirectedRequest, ""},
		{"under a name that resolves to loopback", http.MethodGet, s.URL, "localhost.attacker.example:80", http.StatusMisdirectedRequest, ""},
		{"without a port", http.MethodGet, s.URL, "127.0.0.1", http.StatusMisdirectedRequest, ""},
		{"a preflight of another site", http.MethodOptions, s.URL, "", http.StatusMethodNotAllowed, ""},
		{"a deletion", http.MethodDelete, s.URL, "", http.StatusMethodNotAllowed, ""},
		{"a write", http.MethodPost, s.URL, "", http.StatusMethodNotAllowed, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body := get(t, tt.method, tt.url, tt.host)
			if status != tt.status || !strings.Contains(body, tt.body) {
				t.Errorf("got %d %.200s, want %d with %q", status, body, tt.status, tt.body)
			}
		})
	}
}

func TestDashboardRefusesOtherMachines(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", "192.0.2.1:0", ":0"} {
		if _, err := Serve(t.Context(), address, nil); !errors.Is(err, ErrNotLoopback) {
			t.Errorf("serving on %s: %v", address, err)
		}
	}
}

// TestDashboardInBrowser watches the page fetch itself again in a real Chromium.
func TestDashboardInBrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("KINDE_REQUIRE_CHROMIUM") != "" {
			t.Fatal("chromium is required and not installed")
		}
		t.Skip("chromium is not installed")
	}
	var created atomic.Int64
	s, err := serve(t.Context(), "127.0.0.1:0", running(&created), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dom, err := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--virtual-time-budget=7000",
		"--user-data-dir="+filepath.Join(t.TempDir(), "profile"), "--dump-dom", s.URL).Output()
	if err != nil {
		t.Fatalf("opening the dashboard in chromium: %v", err)
	}
	if created.Load() < 2 {
		t.Errorf("the page was fetched %d times, it did not renew itself", created.Load())
	}
	if !strings.Contains(string(dom), "Not finished") {
		t.Errorf("the page does not show the run: %.300s", dom)
	}
}
