package cmd

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/schedule"
)

// sampleOf reads a file of samples/schedule.
func sampleOf(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../samples/schedule", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// understands checks that a command line of a sample is one of ours, down to its flags.
func understands(t *testing.T, words []string) {
	t.Helper()
	c, err := cli.Parse(&cli.Command{Name: cli.Program, Sub: commands(&cli.Env{})}, words)
	if err != nil {
		t.Errorf("%q: %v", words, err)
		return
	}
	if name := c.Name(); !strings.HasPrefix(name, "kinde-migrate backup") {
		t.Errorf("%q is no backup", words)
	}
	for _, f := range c.Flags {
		name, value, _ := strings.Cut(strings.TrimPrefix(f, "--"), "=")
		switch name {
		case "cron":
			if _, err := schedule.Cron(value, time.UTC); err != nil {
				t.Error(err)
			}
		case "timezone":
			if _, err := time.LoadLocation(value); err != nil {
				t.Error(err)
			}
		case "ping-success", "ping-failure":
			if err := backup.CheckPing(value); err != nil {
				t.Error(err)
			}
		}
	}
}

// wordsOf splits a line as systemd and a shell do, as far as the samples go.
func wordsOf(line string) (words []string) {
	var word strings.Builder
	quoted, open := false, false
	for _, r := range line {
		switch {
		case r == '"':
			quoted, open = !quoted, true
		case r == ' ' && !quoted:
			if open {
				words = append(words, word.String())
				word.Reset()
			}
			open = false
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if open {
		words = append(words, word.String())
	}
	return words
}

// unitOf reads a file of systemd: section, key, values.
func unitOf(t *testing.T, text string) map[string]map[string][]string {
	t.Helper()
	out := map[string]map[string][]string{}
	section := ""
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if name, ok := strings.CutPrefix(line, "["); ok {
			section = strings.TrimSuffix(name, "]")
			out[section] = map[string][]string{}
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok || section == "" {
			t.Fatalf("line %d is neither a section nor a setting: %s", n, line)
		}
		out[section][key] = append(out[section][key], value)
	}
	return out
}

func TestSystemdSamples(t *testing.T) {
	for _, name := range []string{"kinde-backup.service", "kinde-backup-daemon.service"} {
		unit := unitOf(t, sampleOf(t, "systemd/"+name))
		lines := slices.Concat(unit["Service"]["ExecStart"], unit["Service"]["ExecStartPost"])
		if len(lines) == 0 {
			t.Errorf("%s starts nothing", name)
		}
		for _, line := range lines {
			words := wordsOf(line)
			if filepath.Base(words[0]) != cli.Program || !filepath.IsAbs(words[0]) {
				t.Errorf("%s starts %s", name, words[0])
			}
			understands(t, words[1:])
		}
	}
	daemon := unitOf(t, sampleOf(t, "systemd/kinde-backup-daemon.service"))
	if got := daemon["Service"]["SuccessExitStatus"]; !slices.Equal(got, []string{fmt.Sprint(int(cli.ExitInterrupted))}) {
		t.Errorf("systemd takes a stop for a failure: %v", got)
	}
	timer := unitOf(t, sampleOf(t, "systemd/kinde-backup.timer"))
	if !slices.Equal(timer["Timer"]["Persistent"], []string{"true"}) || len(timer["Timer"]["OnCalendar"]) != 1 {
		t.Errorf("%v", timer)
	}
}

func TestCrontabSample(t *testing.T) {
	entries := 0
	for line := range strings.Lines(sampleOf(t, "crontab/kinde-backup")) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.Contains(strings.Fields(line)[0], "=") {
			continue
		}
		if strings.Contains(line, "%") {
			t.Errorf("cron reads a percent sign as a new line: %s", line)
		}
		words := wordsOf(line)
		if _, err := schedule.Cron(strings.Join(words[:5], " "), time.UTC); err != nil {
			t.Error(err)
		}
		if filepath.Base(words[6]) != cli.Program {
			t.Errorf("it runs %s", words[6])
		}
		understands(t, words[7:])
		entries++
	}
	if entries == 0 {
		t.Error("there is no entry")
	}
}

func TestKubernetesSample(t *testing.T) {
	var job struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string `yaml:"kind"`
		Spec       struct {
			Schedule          string `yaml:"schedule"`
			TimeZone          string `yaml:"timeZone"`
			ConcurrencyPolicy string `yaml:"concurrencyPolicy"`
			JobTemplate       struct {
				Spec struct {
					Template struct {
						Spec struct {
							RestartPolicy string `yaml:"restartPolicy"`
							Containers    []struct {
								Command      []string `yaml:"command"`
								Args         []string `yaml:"args"`
								VolumeMounts []struct {
									Name string `yaml:"name"`
								} `yaml:"volumeMounts"`
							} `yaml:"containers"`
							Volumes []struct {
								Name string `yaml:"name"`
							} `yaml:"volumes"`
						} `yaml:"spec"`
					} `yaml:"template"`
				} `yaml:"spec"`
			} `yaml:"jobTemplate"`
		} `yaml:"spec"`
	}
	if err := yaml.Unmarshal([]byte(sampleOf(t, "kubernetes/cronjob.yaml")), &job); err != nil {
		t.Fatal(err)
	}
	pod := job.Spec.JobTemplate.Spec.Template.Spec
	if job.APIVersion != "batch/v1" || job.Kind != "CronJob" || job.Spec.ConcurrencyPolicy != "Forbid" || pod.RestartPolicy != "Never" ||
		len(pod.Containers) != 1 {
		t.Fatalf("%+v", job)
	}
	zone, err := time.LoadLocation(job.Spec.TimeZone)
	if err != nil {
		t.Error(err)
	}
	if _, err := schedule.Cron(job.Spec.Schedule, zone); err != nil {
		t.Error(err)
	}
	understands(t, pod.Containers[0].Args)
	for _, m := range pod.Containers[0].VolumeMounts {
		if !slices.ContainsFunc(pod.Volumes, func(v struct {
			Name string `yaml:"name"`
		}) bool {
			return v.Name == m.Name
		}) {
			t.Errorf("there is no volume %s", m.Name)
		}
	}
}

func TestGitHubActionsSample(t *testing.T) {
	var workflow struct {
		On struct {
			Schedule []struct {
				Cron string `yaml:"cron"`
			} `yaml:"schedule"`
		} `yaml:"on"`
		Jobs map[string]struct {
			Steps []struct {
				Run string            `yaml:"run"`
				Env map[string]string `yaml:"env"`
			} `yaml:"steps"`
		} `yaml:"jobs"`
	}
	if err := yaml.Unmarshal([]byte(sampleOf(t, "github-actions/kinde-backup.yaml")), &workflow); err != nil {
		t.Fatal(err)
	}
	if len(workflow.On.Schedule) != 1 {
		t.Fatal("there is no schedule")
	}
	if _, err := schedule.Cron(workflow.On.Schedule[0].Cron, time.UTC); err != nil {
		t.Error(err)
	}
	commands := 0
	for _, step := range workflow.Jobs["backup"].Steps {
		for line := range strings.Lines(step.Run) {
			if rest, ok := strings.CutPrefix(strings.TrimSpace(line), cli.Program+" "); ok {
				understands(t, wordsOf(rest))
				commands++
			}
		}
		if secret, ok := step.Env["KINDE_MANAGEMENT_CLIENT_SECRET"]; ok && !strings.Contains(secret, "secrets.") {
			t.Error("the secret stands in the file")
		}
	}
	if commands == 0 {
		t.Error("no command is ours")
	}
}
