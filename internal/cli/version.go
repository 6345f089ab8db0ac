package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	urfave "github.com/urfave/cli/v2"
)

type versionOptions struct{ json bool }

// buildInfo is what version prints.
type buildInfo struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Built    string `json:"commit_time,omitempty"`
	Modified bool   `json:"modified"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

func NewVersion(e *Env) *Command {
	o := &versionOptions{}
	return &Command{
		Name:  "version",
		Short: "Print the version and how it was built",
		Examples: []Example{
			{What: "What is installed", Line: "kinde-migrate version"},
			{What: "For a script", Line: "kinde-migrate version --json"},
		},
		Exits: []Code{ExitOK},
		Flags: []urfave.Flag{&urfave.BoolFlag{Name: "json", Usage: "print one JSON document", Destination: &o.json}},
		Run:   func(context.Context, *Invocation) error { return runVersion(e, o) },
	}
}

func runVersion(e *Env, o *versionOptions) error {
	b := readBuildInfo()
	if o.json {
		return e.WriteJSON(b)
	}
	line := Program + " " + b.Version
	if b.Commit != "" {
		line += " (" + b.Commit[:min(12, len(b.Commit))]
		if b.Modified {
			line += ", modified"
		}
		line += ")"
	}
	_, err := fmt.Fprintf(e.IO.Out, "%s\n%s %s/%s\n", line, b.Go, b.OS, b.Arch)
	return err
}

// Version is the version in reports and in the User-Agent.
func Version() string { return readBuildInfo().Version }

// readBuildInfo reads what the Go tool stamped into the binary.
func readBuildInfo() buildInfo {
	b := buildInfo{Version: "devel", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Built = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// NewRunID names a run so that names sort by time.
func NewRunID(now time.Time) string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}
