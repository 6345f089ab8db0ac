package page

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/report"
)

// TestPageIsAccessible has axe-core judge the page in light and dark, wide and
// as narrow as a phone. KINDE_AXE names its axe.min.js. With KINDE_SCREENSHOTS
// a picture of each is left in that folder, and a print as PDF.
func TestPageIsAccessible(t *testing.T) {
	axe, err := os.ReadFile(os.Getenv("KINDE_AXE"))
	if err != nil {
		t.Skip("KINDE_AXE does not name axe.min.js")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	p := sample(100_000)
	p.Report.Reconciliation.Differences = p.Report.Reconciliation.Differences[:60]
	p.Report.Target = report.TargetAt("http://127.0.0.1:8080", "Sandbox", false)
	p.Report.SignIn = report.SignIn{SamePassword: 90_000, NewPassword: 4000, Social: 5000, Code: 900, Suspended: 40, None: 3, MFALost: 70}
	plain := render(t, p)
	judged := filepath.Join(t.TempDir(), "judged.html")
	if err := os.WriteFile(judged, []byte(withAxe(plain, string(axe))), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		flags []string
	}{
		{"light", []string{"--blink-settings=preferredColorScheme=1", "--window-size=1280,2600"}},
		{"dark", []string{"--blink-settings=preferredColorScheme=0", "--window-size=1280,2600"}},
		{"phone", []string{"--blink-settings=preferredColorScheme=1", "--window-size=500,3600"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			flags := append(append(browserFlags(folder), tt.flags...), "--virtual-time-budget=60000", "--dump-dom", "file://"+judged)
			dom, err := exec.CommandContext(ctx, chromium, flags...).Output()
			if err != nil {
				t.Fatalf("opening the page in chromium: %v", err)
			}
			_, after, ok := strings.Cut(string(dom), `data-axe="`)
			if !ok {
				t.Fatal("axe-core did not come to an end")
			}
			text, _, _ := strings.Cut(after, `"`)
			var result struct {
				Passes     int
				Violations []struct{ ID, Help, Where string }
			}
			if err := json.Unmarshal([]byte(html.UnescapeString(text)), &result); err != nil {
				t.Fatal(err)
			}
			if result.Passes < 10 {
				t.Errorf("only %d rules were tried", result.Passes)
			}
			for _, v := range result.Violations {
				t.Errorf("%s: %s (%s)", v.ID, v.Help, v.Where)
			}
			if pictures := os.Getenv("KINDE_SCREENSHOTS"); pictures != "" {
				picture(t, chromium, plain, folder, append(tt.flags, "--screenshot="+filepath.Join(pictures, tt.name+".png")))
				picture(
					t,
					chromium,
					plain,
					folder,
					append(tt.flags, "--no-pdf-header-footer", "--print-to-pdf="+filepath.Join(pictures, tt.name+".pdf")),
				)
			}
		})
	}
}

func withAxe(page, axe string) string {
	policy := strings.Index(page, `<meta http-equiv="Content-Security-Policy"`)
	end := policy + strings.IndexByte(page[policy:], '>') + 1
	const judge = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(function (r) {
		document.documentElement.dataset.axe = JSON.stringify({passes: r.passes.length, violations: r.violations.map(function (v) {
			return {id: v.id, help: v.help, where: v.nodes.slice(0, 3).map(function (n) { return n.target.join(" ") + " " + n.failureSummary; }).join("; ")}; })}); })`
	page = page[:policy] + page[end:]
	return strings.Replace(page, "</body>", fmt.Sprintf("<script>%s</script><script>%s</script></body>", axe, judge), 1)
}

func picture(t *testing.T, chromium, page, folder string, flags []string) {
	t.Helper()
	file := filepath.Join(folder, "report.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := exec.CommandContext(ctx, chromium, append(append(browserFlags(folder), flags...), "file://"+file)...).Run(); err != nil {
		t.Fatal(err)
	}
}
