// Command terminal draws the text on its stdin as a terminal window, in SVG.
// docs/images/terminal.svg is made with it from a real run; scripts/pictures.sh
// says how.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

const (
	charWidth  = 8.4
	lineHeight = 19
	margin     = 20
	bar        = 34
)

func main() {
	if err := draw(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func draw(in io.Reader, out io.Writer) error {
	var lines []string
	widest := 60
	scanner := bufio.NewScanner(in)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
		widest = max(widest, utf8.RuneCountInString(scanner.Text()))
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("reading the text: %w", err)
	}
	width, height := int(float64(widest)*charWidth)+2*margin, bar+len(lines)*lineHeight+margin
	var b strings.Builder
	fmt.Fprintf(
		&b,
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="A terminal in which kinde-migrate imports a sample">`+"\n",
		width,
		height,
		width,
		height,
	)
	b.WriteString(
		`<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#d8dee9;white-space:pre}.c{fill:#8fbcbb;font-weight:bold}.g{fill:#a3be8c}</style>` + "\n",
	)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" rx="8" fill="#1f2430"/>`+"\n", width, height)
	for i, colour := range []string{"#bf616a", "#ebcb8b", "#a3be8c"} {
		fmt.Fprintf(&b, `<circle cx="%d" cy="17" r="6" fill="%s"/>`+"\n", margin+i*20, colour)
	}
	for i, line := range lines {
		if line == "" {
			continue
		}
		class := ""
		switch {
		case strings.HasPrefix(line, "$ "):
			class = ` class="c"`
		case strings.Contains(line, "finished:"):
			class = ` class="g"`
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d"%s xml:space="preserve">%s</text>`+"\n", margin, bar+(i+1)*lineHeight-5, class, escape.Replace(line))
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(out, b.String())
	return err
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
