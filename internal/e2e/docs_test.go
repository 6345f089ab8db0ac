package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/cmd"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// documents are the pages that people read, as paths with slashes.
func documents(t *testing.T) []string {
	t.Helper()
	pages := []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "samples/README.md"}
	err := filepath.WalkDir("docs", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") {
			pages = append(pages, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

func readPage(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	fence   = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
)

// TestLinksLeadSomewhere follows every relative link, to the heading if it names one.
func TestLinksLeadSomewhere(t *testing.T) {
	for _, page := range documents(t) {
		for _, found := range link.FindAllStringSubmatch(fence.ReplaceAllString(readPage(t, page), ""), -1) {
			target := found[1]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			path, anchor, _ := strings.Cut(target, "#")
			file := page
			if path != "" {
				file = filepath.Join(filepath.Dir(page), filepath.FromSlash(path))
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s links to %s, which is not there", page, target)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(readPage(t, file)), anchor) {
				t.Errorf("%s links to %s: no such heading", page, target)
			}
		}
	}
}

// anchors are the names that the headings of a page can be reached by.
func anchors(text string) []string {
	var out []string
	for _, h := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		name := strings.ToLower(strings.ReplaceAll(strings.TrimSpace(h[1]), " ", "-"))
		out = append(out, regexp.MustCompile(`[^\p{L}\p{N}_-]`).ReplaceAllString(name, ""))
	}
	return out
}

// TestSourcesTable asserts that the table of sources in the README is what the
// presets say. KINDE_UPDATE_DOCS=1 writes it.
func TestSourcesTable(t *testing.T) {
	const begin, end = "<!-- sources: begin -->\n", "<!-- sources: end -->"
	text := readPage(t, "README.md")
	before, rest, ok := strings.Cut(text, begin)
	old, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("README.md lacks the markers of the table of sources")
	}
	table := sourcesTable(t)
	if old == table {
		return
	}
	if os.Getenv("KINDE_UPDATE_DOCS") == "" {
		t.Fatalf(
			"the table of sources in README.md is out of date; KINDE_UPDATE_DOCS=1 go test -run TestSourcesTable ./internal/e2e writes it. It should be:\n%s",
			table,
		)
	}
	if err := os.WriteFile("README.md", []byte(before+begin+table+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func sourcesTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(
		"| source | `--from` | identities | social links | passwords | attributes | organizations, roles |\n|---|---|---|---|---|---|---|\n",
	)
	for _, p := range mapping.Presets() {
		m, err := mapping.Preset(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		k := m.Keeps()
		var identities []string
		for _, i := range []struct {
			has  bool
			name string
		}{{k.Emails, "e-mail"}, {k.Phones, "phone"}, {k.Usernames, "username"}} {
			if i.has {
				identities = append(identities, i.name)
			}
		}
		attributes := "–"
		if k.Attributes {
			attributes = "yes"
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s | %s | %s, %s |\n", p.Title, p.Name, strings.Join(identities, ", "),
			kept(k.Social), kept(k.Passwords), attributes, kept(k.Memberships), kept(k.Roles))
	}
	return b.String()
}

func kept(p mapping.Place) string {
	switch p {
	case mapping.InExport:
		return "yes"
	case mapping.SecondFile:
		return "second file"
	default:
		return "–"
	}
}

// notRun marks, on the line before a block, why its commands can't run here.
var notRun = regexp.MustCompile(`<!-- not run: .+ -->\s*$`)

// playbook is the commands of a page, and the sample that lies in the folder.
var playbook = regexp.MustCompile(`<!-- samples: ([^>]*?) -->`)

// TestDocumentedCommands runs every line of every sh block that starts with
// kinde-migrate or go run, page by page and in order, in a folder that holds the
// samples, copied under the names that the page names in a comment:
//
//	<!-- samples: auth0/users.ndjson auth0/passwords.ndjson other.ndjson=auth0/users.ndjson -->
//
// KINDE_* leads to a tenant of the page's own. A comment behind a command names
// the exit code if it is not 0: "# exit 3".
func TestDocumentedCommands(t *testing.T) {
	samples, err := filepath.Abs("samples")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range documents(t) {
		if page == "docs/cutover.md" { // testdata/script/cutover.txtar runs it
			continue
		}
		text := readPage(t, page)
		commands := documentedCommands(t, page, text)
		if len(commands) == 0 {
			continue
		}
		t.Run(page, func(t *testing.T) {
			dir := t.TempDir()
			copyPageSamples(t, samples, dir, text)
			atHome(t, dir, bare)
			for _, c := range commands {
				if !runDocumented(t, c) {
					return
				}
			}
		})
	}
}

// command is a line that shows a command to be typed.
var command = regexp.MustCompile(`^(\$ |    )?(\$ )?(kinde-migrate|curl|go run) `)

// TestCommandsStandInBlocksThatRun finds commands in blocks that
// TestDocumentedCommands does not look at.
func TestCommandsStandInBlocksThatRun(t *testing.T) {
	for _, page := range documents(t) {
		kind := "" // of the block that the line is in
		for line := range strings.Lines(readPage(t, page)) {
			if opens, ok := strings.CutPrefix(strings.TrimSpace(line), "```"); ok {
				switch {
				case kind != "":
					kind = ""
				default:
					kind = strings.TrimSpace("block " + opens)
				}
				continue
			}
			if indented := strings.HasPrefix(line, "    "); kind != "block sh" && (kind != "" || indented) && command.MatchString(line) {
				t.Errorf("%s: put %q into a block of sh, and mark it <!-- not run: why --> if it can't run", page, strings.TrimSpace(line))
			}
		}
	}
}

// documentedCommand is a line of a page, ready to run.
type documentedCommand struct {
	line string
	exit int
}

func documentedCommands(t *testing.T, page, text string) []documentedCommand {
	t.Helper()
	var out []documentedCommand
	for _, at := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatchIndex(text, -1) {
		if notRun.MatchString(text[:at[0]]) {
			continue
		}
		block := strings.ReplaceAll(text[at[2]:at[3]], "\\\n", " ")
		for line := range strings.Lines(block) {
			line = strings.TrimSpace(line)
			c := documentedCommand{line: line}
			if before, comment, ok := strings.Cut(line, " # "); ok {
				c.line = strings.TrimSpace(before)
				fmt.Sscanf(comment, "exit %d", &c.exit)
			}
			c.line = strings.Replace(c.line, "go run . ", "kinde-migrate ", 1)
			switch {
			case strings.HasPrefix(c.line, "kinde-migrate "):
				out = append(out, c)
			case c.line == "", strings.HasPrefix(c.line, "#"), strings.HasPrefix(c.line, "go "), strings.HasPrefix(c.line, "sqlite3 "),
				strings.HasPrefix(c.line, "./kinde-migrate "), strings.HasPrefix(c.line, "cat "), strings.HasPrefix(c.line, "export "):
			default:
				t.Errorf("%s: the block with %q is neither run nor marked <!-- not run: why -->", page, line)
			}
		}
	}
	return out
}

// copyPageSamples copies what the page asks for, and all of samples for pages
// that name them by their path.
func copyPageSamples(t *testing.T, samples, dir, text string) {
	t.Helper()
	if strings.Contains(text, " samples/") {
		if err := os.CopyFS(filepath.Join(dir, "samples"), os.DirFS(samples)); err != nil {
			t.Fatal(err)
		}
	}
	for _, found := range playbook.FindAllStringSubmatch(text, -1) {
		for _, name := range strings.Fields(found[1]) {
			to, from, ok := strings.Cut(name, "=")
			if !ok {
				to, from = filepath.Base(name), name
			}
			data, err := os.ReadFile(filepath.Join(samples, filepath.FromSlash(from)))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, to), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// runDocumented runs a command: in this process, or through a shell with the
// test binary as kinde-migrate where the line needs one.
func runDocumented(t *testing.T, c documentedCommand) bool {
	t.Helper()
	var out, errs bytes.Buffer
	code := 0
	if strings.ContainsAny(c.line, "|>&$;") {
		sh := exec.Command("sh", "-c", c.line)
		sh.Stdout, sh.Stderr = &out, &errs
		if err := sh.Run(); err != nil {
			code = max(sh.ProcessState.ExitCode(), 1)
		}
	} else {
		code = cmd.Main(context.Background(), words(c.line), strings.NewReader(""), &out, &errs)
	}
	if code != c.exit {
		t.Errorf("%s\nends with exit code %d, want %d\n%s%s", c.line, code, c.exit, errs.String(), out.String())
		return false
	}
	return true
}

// words splits a line like a shell, as far as the pages need it.
func words(line string) []string {
	var out []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			out = append(out, part)
		} else {
			out = append(out, strings.Fields(part)...)
		}
	}
	return out
}

// TestWorkedExampleOfAMapping: docs/mapping.md shows what mapping init writes.
func TestWorkedExampleOfAMapping(t *testing.T) {
	const page, begin, end = "docs/mapping.md", "proposes something for each of them:\n\n```yaml\n", "```\n"
	text := readPage(t, page)
	before, rest, ok := strings.Cut(text, begin)
	shown, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s no longer shows the proposal", page)
	}
	var out, errs bytes.Buffer
	if code := cmd.Main(context.Background(), words("kinde-migrate mapping init samples/own/accounts.json"), strings.NewReader(""), &out,
		&errs); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	if shown == out.String() {
		return
	}
	if os.Getenv("KINDE_UPDATE_DOCS") == "" {
		t.Fatalf(
			"%s is out of date; KINDE_UPDATE_DOCS=1 go test -run TestWorkedExample ./internal/e2e writes it. It should be:\n%s",
			page,
			out.String(),
		)
	}
	if err := os.WriteFile(page, []byte(before+begin+out.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestEachSourceHasItsPage keeps a page for each preset: how the export is made,
// what of it is kept, what is lost.
func TestEachSourceHasItsPage(t *testing.T) {
	index := readPage(t, "docs/providers/README.md")
	for _, p := range mapping.Presets() {
		page := "docs/providers/" + p.Name + ".md"
		if _, err := os.Stat(page); err != nil {
			t.Errorf("the source %s has no page %s", p.Name, page)
			continue
		}
		for _, want := range []string{"## Get the export", "## Import", "## What is kept", "## What is not", "## Traps"} {
			if !slices.Contains(strings.Split(readPage(t, page), "\n"), want) {
				t.Errorf("%s lacks %q", page, want)
			}
		}
		if !strings.Contains(index, "("+p.Name+".md)") {
			t.Errorf("docs/providers/README.md does not name %s", page)
		}
	}
}

// TestTroubleshootingQuotesTheProgram: what docs/troubleshooting.md quotes of
// messages stands in the code.
func TestTroubleshootingQuotesTheProgram(t *testing.T) {
	var code strings.Builder
	for _, root := range []string{"internal", "kinde"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				var text []byte
				text, err = os.ReadFile(path)
				code.Write(text)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	n := 0
	for line := range strings.SplitSeq(readPage(t, "docs/troubleshooting.md"), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 4 {
			continue
		}
		for _, q := range quoted.FindAllStringSubmatch(cells[1], -1) {
			for part := range strings.SplitSeq(q[1], "…") {
				if part = strings.TrimSpace(part); len(part) < 4 {
					continue
				}
				n++
				if !strings.Contains(code.String(), part) {
					t.Errorf("%q is quoted, and no message says so", part)
				}
			}
		}
	}
	if n < 30 {
		t.Errorf("only %d quotations were found", n)
	}
}
