package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// TestEachFetchedSourceIsDocumented asserts that the page of a source whose API can be
// read says what the section fetch of its preset says. KINDE_UPDATE_DOCS=1 writes it.
func TestEachFetchedSourceIsDocumented(t *testing.T) {
	const begin, end = "<!-- fetch: begin -->\n", "<!-- fetch: end -->"
	pages := map[string][]string{}
	for _, source := range mapping.FetchSources() {
		_, preset, err := mapping.FetchSource(source)
		if err != nil {
			t.Fatal(err)
		}
		pages[preset] = append(pages[preset], source)
	}
	for preset, sources := range pages {
		path := "docs/providers/" + preset + ".md"
		text := readPage(t, path)
		before, rest, ok := strings.Cut(text, begin)
		old, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Errorf("%s lacks the markers of what is read from the API", path)
			continue
		}
		want := fetchPage(t, preset, sources)
		if old == want {
			continue
		}
		if os.Getenv("KINDE_UPDATE_DOCS") == "" {
			t.Errorf("what %s says of the API is out of date; KINDE_UPDATE_DOCS=1 go test ./internal/e2e -run TestEachFetchedSource writes it", path)
			continue
		}
		if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEachPageSaysWhatWasTried: whoever reads the page of a source, and whoever lists the
// presets, learns against what reading it was tried, and that it was not the real service.
func TestEachPageSaysWhatWasTried(t *testing.T) {
	sources := 0
	for _, p := range mapping.Presets() {
		page := strings.Join(strings.Fields(readPage(t, "docs/providers/"+p.Name+".md")), " ")
		for _, f := range p.Fetched {
			sources++
			want := "This was tested against " + f.Tried + "."
			if f.From == mapping.FromAPI {
				want = "but not against the vendor's real service: start with `--check`."
				if !strings.Contains(f.Tried, "not the vendor's service") {
					t.Errorf("%s: the list says %q", p.Name, f.Tried)
				}
			}
			if f.Tried == "" || !strings.Contains(page, want) {
				t.Errorf("docs/providers/%s.md lacks %q", p.Name, want)
			}
		}
	}
	if sources < 13+15 {
		t.Errorf("only %d sources are fetched from an API or a database", sources)
	}
}

func fetchPage(t *testing.T, preset string, sources []string) string {
	t.Helper()
	f, _, err := mapping.FetchSource(preset)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("\n## Or read it from the API\n\n" +
		"`fetch` reads the API page by page, at a rate that the provider accepts, and compares\n" +
		"the result with the provider's own count. After an interruption the same command\ncontinues.\n\n| variable | what it is |\n|---|---|\n")
	for _, v := range f.Variables {
		if len(v.Env)+len(v.File) > 0 {
			fmt.Fprintf(&b, "| %s | %s%s |\n", variableNames(v), v.Says, map[bool]string{true: " (optional)"}[v.Optional || v.Default != ""])
		}
	}
	var needs, onRequest []string
	for _, l := range f.Lists {
		if !slices.Contains(needs, l.Needs) {
			needs = append(needs, l.Needs)
		}
		if l.PerUser {
			onRequest = append(onRequest, l.Name)
		}
	}
	if f.Params.Needs != "" {
		needs = append(needs, f.Params.Needs)
	}
	fmt.Fprintf(&b, "\nIt needs: %s.\n\n", strings.Join(needs, "; "))
	with := ""
	for _, name := range onRequest {
		with += " --with " + name
	}
	fmt.Fprintf(
		&b,
		"<!-- not run: needs an account there -->\n```sh\nkinde-migrate fetch %[1]s --check\nkinde-migrate fetch %[1]s --out %[1]s%[2]s\nkinde-migrate inspect %[1]s\n"+
			"kinde-migrate import %[1]s --create-missing --sandbox\nkinde-migrate import %[1]s --create-missing --dry-run\n```\n\n",
		preset,
		with,
	)
	for _, l := range f.Lists {
		switch {
		case l.PerUser:
			fmt.Fprintf(&b, "- `--with %s` takes one request per user.\n", l.Name)
		case l.OnRequest:
			fmt.Fprintf(&b, "- `--with %s` reads them as organizations, with their members.\n", l.Name)
		}
	}
	for _, s := range sources {
		if s != preset {
			fmt.Fprintf(&b, "- `fetch %s` does the same%s.\n", s, variantVariables(t, f, s))
		}
	}
	for _, w := range f.Withheld {
		fmt.Fprintf(&b, "- The API doesn't give %s.\n", w)
	}
	tested := ""
	if f.Tested != "" {
		tested = " and against " + f.Tested
	}
	fmt.Fprintf(
		&b,
		"\nThis was tested against a simulator of the documented API%s, but not\nagainst the vendor's real service: start with `--check`.\n\n",
		tested,
	)
	return b.String()
}

func variableNames(v mapping.FetchVariable) string {
	var names []string
	for _, n := range v.Env {
		names = append(names, "`"+n+"`")
	}
	for _, n := range v.File {
		names = append(names, "`"+n+"` (names the file)")
	}
	return strings.Join(names, " or ")
}

// variantVariables says which variables a variant takes that the source does not.
func variantVariables(t *testing.T, f *mapping.Fetch, source string) string {
	t.Helper()
	v, _, err := mapping.FetchSource(source)
	if err != nil {
		t.Fatal(err)
	}
	var more []string
	for _, own := range v.Variables {
		if !slices.ContainsFunc(f.Variables, func(x mapping.FetchVariable) bool { return x.Name == own.Name }) {
			more = append(more, variableNames(own)+", "+own.Says)
		}
	}
	says := " for " + v.Says
	if len(more) > 0 {
		says += ", with " + strings.Join(more, "; ")
	}
	return says
}
