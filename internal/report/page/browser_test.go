package page

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPageInBrowser opens the page in a real Chromium: it renders, the table
// is searched and paged by its script, and nothing from the data ran.
func TestPageInBrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("KINDE_REQUIRE_CHROMIUM") != "" {
			t.Fatal("chromium is required and not installed")
		}
		t.Skip("chromium is not installed")
	}
	folder := t.TempDir()
	html := render(t, sample(100_000))
	file := filepath.Join(folder, "report.html")
	if err := os.WriteFile(file, []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dom, err := exec.CommandContext(ctx, chromium, append(browserFlags(folder), "--dump-dom", "file://"+file)...).Output()
	if err != nil {
		t.Fatalf("opening the page in chromium: %v", err)
	}
	shown := string(dom)
	if strings.Contains(shown, `<body id="owned"`) {
		t.Error("text from the data ran as script")
	}
	if !strings.Contains(shown, "1–25 of 1000") {
		t.Error("the page's own script did not page the differences")
	}
	if !strings.Contains(shown, "Not everyone is accounted for") {
		t.Error("the headline is missing")
	}
	t.Logf(
		"the page of 100,000 records: %d KB, %s ms from navigation to the end of loading",
		len(html)>>10,
		loadTime(t, chromium, folder, html),
	)
	if picture := os.Getenv("KINDE_SCREENSHOT"); picture != "" {
		flags := append(browserFlags(folder), "--screenshot="+picture, "--window-size=1100,2600", "file://"+file)
		if err := exec.CommandContext(ctx, chromium, flags...).Run(); err != nil {
			t.Fatalf("taking the screenshot: %v", err)
		}
	}
}

// loadTime opens a copy of the page that measures itself. The figure is for
// people: machines differ too much to assert it.
func loadTime(t *testing.T, chromium, folder, html string) string {
	t.Helper()
	const probe = `<script>addEventListener("load",function(){setTimeout(function(){document.documentElement.dataset.took=Math.round(performance.timing.loadEventEnd-performance.timing.navigationStart)},0)})</script>`
	policy := strings.Index(html, `<meta http-equiv="Content-Security-Policy"`)
	end := policy + strings.IndexByte(html[policy:], '>') + 1
	file := filepath.Join(folder, "timed.html")
	if err := os.WriteFile(file, []byte(html[:policy]+probe+html[end:]), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dom, err := exec.CommandContext(
		ctx,
		chromium,
		append(browserFlags(folder), "--virtual-time-budget=3000", "--dump-dom", "file://"+file)...).Output()
	if err != nil {
		t.Fatalf("timing the page in chromium: %v", err)
	}
	_, after, _ := strings.Cut(string(dom), `data-took="`)
	took, _, _ := strings.Cut(after, `"`)
	return took
}

func browserFlags(folder string) []string {
	return []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--user-data-dir=" + filepath.Join(folder, "profile"),
	}
}
