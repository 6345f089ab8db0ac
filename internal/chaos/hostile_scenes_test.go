package chaos

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// rollbackUsers is how many users a tenant has before its import is taken back.
const rollbackUsers = 9

func hostileDefinitions() *sandbox.Definitions {
	return &sandbox.Definitions{
		Organizations: []sandbox.OrganizationDefinition{
			{Code: "org_a", Name: "Alpha", ExternalID: "alpha"},
			{Code: "org_b", Name: "Beta", ExternalID: "beta"},
		},
		Roles:       []sandbox.RoleDefinition{{Key: "admin", Name: "Admin"}, {Key: "member", Name: "Member"}},
		Permissions: []sandbox.PermissionDefinition{{Key: "read:all", Name: "Read"}},
		Properties:  []sandbox.PropertyDefinition{{Key: "city", Name: "City"}},
		Flags:       []sandbox.FlagDefinition{{Key: "beta", Name: "Beta", Type: "bool", Default: "false"}},
		APIs:        []sandbox.APIDefinition{{Audience: "https://api.example.com", Scopes: []string{"read:logs"}}},
	}
}

// hostileFiles are the sources: eight people, and the same company a week later.
func hostileFiles() map[string]string {
	line := func(n int, also string) string {
		return fmt.Sprintf(
			`{"id":"p%d","email":"p%d@example.com","email_verified":true,"given_name":"P%d","password_hash":"%032x","hashing_method":"md5"%s}`+"\n",
			n,
			n,
			n,
			n+1,
			also,
		)
	}
	first := line(1, `,"organizations":[{"code":"org_a","roles":["admin"]},{"code":"org_b","roles":["member"],"permissions":["read:all"]}]`) +
		line(2, `,"properties":{"city":"Lisboa"},"google_id":"1042000000000000000002"`) + line(3, `,"blocked":true,"phone":"+15550100103"`) +
		line(4, `,"username":"person_four","organizations":[{"code":"org_a","roles":["member"]}]`) + line(5, `,"properties":{"city":"Porto"}`) +
		line(6, `,"google_id":"1042000000000000000006"`) + line(7, "") + line(8, `,"organizations":[{"code":"org_b","roles":["member"]}]`)
	later := line(1, `,"organizations":[{"code":"org_a","roles":["member"]}]`) + line(2, `,"properties":{"city":"Faro"}`) +
		strings.Replace(line(3, `,"blocked":false,"phone":"+15550100103"`), `"P3"`, `"Pia"`, 1) + line(4, `,"username":"person_4"`) +
		strings.Replace(
			line(5, `,"blocked":true`),
			"p5@",
			"p5.new@",
			1,
		) + line(6, `,"google_id":"1042000000000000000007"`) + line(7, "") + line(9, "")
	missing := line(
		1,
		`,"organizations":[{"external_id":"gamma","name":"Gamma","roles":["editor"],"permissions":["write:all"]}],"properties":{"shoe_size":"42"}`,
	) +
		line(
			2,
			`,"organizations":[{"external_id":"gamma","name":"Gamma","roles":["editor"]}]`,
		) + line(
		3,
		"",
	) + line(
		4,
		"",
	) + line(
		5,
		"",
	) + line(
		6,
		"",
	) + line(
		7,
		"",
	) + line(
		8,
		"",
	)
	return map[string]string{
		"users.ndjson":   first,
		"later.ndjson":   later,
		"missing.ndjson": missing,
		"ids.txt":        "p1@example.com\np2@example.com\np4@example.com\n",
		"hashes.csv":     "email,hash,method\np1@example.com,0123456789abcdef0123456789abcdef,md5\np2@example.com,1123456789abcdef0123456789abcdef,md5\n",
	}
}

func addStranger(e *sandbox.Edit) error {
	_, err := e.Add("stranger@example.net", "Stranger", "One")
	return err
}

func scenarios() []*scenario {
	load := []string{"import", "DIR/users.ndjson", "--from", "generic", "--yes", "--json", "--checkpoint", "DIR/c"}
	also := func(base []string, more ...string) []string { return append(slices.Clone(base), more...) }
	gamma := []string{"import", "DIR/missing.ndjson", "--from", "generic", "--create-missing", "--yes", "--json", "--checkpoint", "DIR/c"}
	delta := []string{
		"import",
		"DIR/later.ndjson",
		"--from",
		"generic",
		"--yes",
		"--json",
		"--checkpoint",
		"DIR/c",
		"--mirror",
		"--gone",
		"delete",
		"--max-gone",
		"50%",
		"--accept-changes",
	}
	users := func(verb string, more ...string) *scenario {
		command := append([]string{"users", verb, "--ids", "DIR/ids.txt", "--yes", "--json"}, more...)
		return &scenario{name: "users " + verb, before: [][]string{load}, command: command}
	}
	backup := []string{"backup", "--out", "DIR/backups", "--plaintext", "--detail", "full", "--json"}
	empty := func(e *sandbox.Edit) error {
		for n := 1; n <= 8; n++ {
			if err := e.Delete(fmt.Sprintf("p%d@example.com", n)); err != nil {
				return err
			}
		}
		return nil
	}
	return []*scenario{
		{name: "import", command: load, again: also(load, "--retry-failed")},
		{name: "import with definitions", command: gamma, again: also(gamma, "--retry-failed")},
		{name: "delta", before: [][]string{load}, command: delta, again: also(delta, "--retry-failed")},
		{name: "dry run", before: [][]string{load}, command: also(delta, "--dry-run")},
		{name: "rollback", before: [][]string{gamma}, command: []string{"rollback", "--checkpoint", "DIR/c", "--definitions", "--yes", "--json"}},
		{
			name:    "reconcile",
			before:  [][]string{load},
			command: []string{"reconcile", "DIR/users.ndjson", "--from", "generic", "--checkpoint", "DIR/c", "--json"},
			tells:   readBack,
		},
		{name: "reconcile fix", before: [][]string{load}, edit: func(e *sandbox.Edit) error {
			if err := e.Rename("p1@example.com", "Someone", "Else"); err != nil {
				return err
			}
			return e.RemoveMembership("p4@example.com", "org_a")
		}, command: []string{"reconcile", "DIR/users.ndjson", "--from", "generic", "--checkpoint", "DIR/c", "--fix", "--yes", "--json"}},
		{name: "backup", before: [][]string{load}, command: backup, reads: newestBackup},
		{
			name:    "backup fast",
			before:  [][]string{load},
			command: []string{"backup", "--out", "DIR/backups", "--plaintext", "--json"},
			reads:   newestBackup,
		},
		{
			name:    "export",
			before:  [][]string{load},
			command: []string{"export", "--out", "DIR/out.ndjson", "--with", "identities,organizations,properties,roles", "--json"},
			reads:   func(t *testing.T, dir string) string { return readLines(t, filepath.Join(dir, "out.ndjson")) },
		},
		{
			name:    "restore",
			before:  [][]string{load, backup},
			edit:    empty,
			command: []string{"restore", "DIR/backups", "--yes", "--json", "--checkpoint", "DIR/r"},
			again:   []string{"restore", "DIR/backups", "--yes", "--json", "--checkpoint", "DIR/r", "--retry-failed"},
		},
		users("suspend"), users("delete"), users("update", "--set", "given_name=Anna"), users("set-property", "--property", "city=Braga"),
		users(
			"set-flag",
			"--flag",
			"beta=true",
		), users("revoke-sessions"), users("request-password-reset"), users("refresh-claims"), users("reset-mfa"),
		{
			name:    "users set-password",
			before:  [][]string{load},
			command: []string{"users", "set-password", "--hashes", "DIR/hashes.csv", "--yes", "--json"},
		},
		users("remove-identity", "--type", "social"), users("invite", "--organization", "org_b", "--or-reset"),
		{
			name:    "users copy",
			before:  [][]string{load},
			command: []string{"users", "copy", "--from-organization", "org_a", "--to-organization", "org_b", "--state", "DIR/s", "--yes", "--json"},
		},
		{
			name:   "users add-scope",
			before: [][]string{load},
			command: []string{"users", "add-scope", "--id", "p1@example.com", "--id", "p4@example.com", "--organization", "org_a",
				"--api", "https://api.example.com", "--scope", "read:logs", "--state", "DIR/s", "--yes", "--json"},
		},
		{
			name:    "doctor",
			before:  [][]string{load},
			command: []string{"doctor", "DIR/missing.ndjson", "--from", "generic", "--fix", "--yes", "--json"},
		},
	}
}

// readBack takes what a report says of the comparison.
func readBack(stdout string) string {
	var r struct {
		Reconciliation struct {
			Matched, Missing, Different, Explained, Unexpected int64
		}
	}
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%+v", r.Reconciliation)
}

func readLines(t *testing.T, path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(string(data), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// detailsOn is when a backup looked at a user.
var detailsOn = regexp.MustCompile(`,"details_on":"[^"]*"`)

// newestBackup reads the users and definitions of the newest backup.
func newestBackup(t *testing.T, dir string) string {
	folders, err := filepath.Glob(filepath.Join(dir, "backups", "*", "manifest.json"))
	if err != nil || len(folders) == 0 {
		return "no backup"
	}
	slices.Sort(folders)
	folder := filepath.Dir(folders[len(folders)-1])
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".ndjson") && f.Name() != "manifest.json" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if f.Name() == "manifest.json" {
			var m struct {
				Counts any `json:"counts"`
			}
			if err := json.Unmarshal(data, &m); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "counts %v\n", m.Counts)
			continue
		}
		data = detailsOn.ReplaceAll(data, nil)
		lines := bytes.Split(data, []byte("\n"))
		slices.SortFunc(lines, bytes.Compare)
		fmt.Fprintf(&b, "%s\n%s\n", f.Name(), bytes.Join(lines, []byte("\n")))
	}
	return b.String()
}
