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
	if picture := os.Getenv("KINDE_SCREENSHOT"); picture != "" {
		flags := append(browserFlags(folder), "--screenshot="+picture, "--window-size=1100,2600", "file://"+file)
		if err := exec.CommandContext(ctx, chromium, flags...).Run(); err != nil {
			t.Fatalf("taking the screenshot: %v", err)
		}
	}
}

func browserFlags(folder string) []string {
	return []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--hide-scrollbars", "--user-data-dir=" + filepath.Join(folder, "profile"),
	}
}
