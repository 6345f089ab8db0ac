// Command sbom writes a bill of materials (CycloneDX 1.5, JSON) of Go binaries:
// the modules that are linked into them, as the Go tool stamped them. The same
// binaries give the same bytes: the time is SOURCE_DATE_EPOCH and the serial
// number is derived from the content.
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"time"
)

type document struct {
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Serial       string       `json:"serialNumber,omitempty"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp string    `json:"timestamp"`
	Component component `json:"component"`
}

type component struct {
	Type       string      `json:"type"`
	Ref        string      `json:"bom-ref"`
	Name       string      `json:"name"`
	Version    string      `json:"version"`
	PURL       string      `json:"purl,omitempty"`
	Hashes     []hash      `json:"hashes,omitempty"`
	Properties []property  `json:"properties,omitempty"`
	Components []component `json:"components,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn"`
}

func main() {
	if err := run(os.Args[1:], os.Getenv("SOURCE_DATE_EPOCH"), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func run(binaries []string, epoch string, out io.Writer) error {
	if len(binaries) == 0 {
		return fmt.Errorf("usage: sbom BINARY…")
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return fmt.Errorf("reading SOURCE_DATE_EPOCH: %w", err)
	}
	doc := document{Format: "CycloneDX", Spec: "1.5", Version: 1}
	doc.Metadata.Timestamp = time.Unix(seconds, 0).UTC().Format(time.RFC3339)
	modules := map[string]component{}
	for _, path := range binaries {
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return fmt.Errorf("reading the build information of %s: %w", path, err)
		}
		doc.Metadata.Component.Type = "application"
		doc.Metadata.Component.Name = info.Main.Path
		doc.Metadata.Component.Version = info.Main.Version
		doc.Metadata.Component.PURL = purl(&info.Main)
		doc.Metadata.Component.Ref = doc.Metadata.Component.PURL
		file, err := describe(path, info)
		if err != nil {
			return err
		}
		doc.Metadata.Component.Components = append(doc.Metadata.Component.Components, file)
		std := component{Type: "library", Name: "std", Version: info.GoVersion, PURL: "pkg:golang/std@" + info.GoVersion[len("go"):]}
		std.Ref = std.PURL
		modules[std.Ref] = std
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			c := component{Type: "library", Name: m.Path, Version: m.Version, PURL: purl(m), Properties: []property{{"go:sum", m.Sum}}}
			c.Ref = c.PURL
			modules[c.Ref] = c
		}
	}
	on := dependency{Ref: doc.Metadata.Component.Ref, On: []string{}}
	for ref := range modules {
		on.On = append(on.On, ref)
	}
	slices.Sort(on.On)
	for _, ref := range on.On {
		doc.Components = append(doc.Components, modules[ref])
	}
	doc.Dependencies = []dependency{on}
	text, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("writing the list: %w", err)
	}
	doc.Serial = serial(sha256.Sum256(text))
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(doc)
}

// describe is one of the binaries: its digest and what it was built for.
func describe(path string, info *debug.BuildInfo) (component, error) {
	f, err := os.Open(path)
	if err != nil {
		return component{}, fmt.Errorf("reading %s: %w", path, err)
	}
	defer f.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, f); err != nil {
		return component{}, fmt.Errorf("reading %s: %w", path, err)
	}
	c := component{Type: "file", Ref: filepath.Base(path), Name: filepath.Base(path), Version: info.Main.Version,
		Hashes: []hash{{"SHA-256", hex.EncodeToString(digest.Sum(nil))}}}
	for _, s := range info.Settings {
		switch s.Key {
		case "GOOS", "GOARCH", "CGO_ENABLED", "vcs.revision":
			c.Properties = append(c.Properties, property{"go:" + s.Key, s.Value})
		}
	}
	return c, nil
}

func purl(m *debug.Module) string { return "pkg:golang/" + m.Path + "@" + m.Version }

// serial is a UUID of version 8 made of a digest.
func serial(d [32]byte) string {
	d[6], d[8] = d[6]&0x0f|0x80, d[8]&0x3f|0x80
	h := hex.EncodeToString(d[:16])
	return "urn:uuid:" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
