//go:build !windows

package e2e

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/cmd"
)

// TestFilesArePrivateWhateverTheUmask runs what writes files while the process
// takes no bit away: each file is 0600 and each folder 0700 all the same.
func TestFilesArePrivateWhateverTheUmask(t *testing.T) {
	dir := t.TempDir()
	inputs := map[string]string{
		"users.ndjson": `{"id":"u1","email":"ana@example.com","email_verified":true,"plan":"gold"}` + "\n" + `{"id":"u2","email":"no address"}` + "\n",
		"ids.txt":      "ana@example.com\n",
	}
	for name, text := range inputs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	atHome(t, dir, bare)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	t.Setenv("TMPDIR", filepath.Join(dir, "tmp"))
	if err := os.Mkdir(filepath.Join(dir, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	defer syscall.Umask(syscall.Umask(0))
	for _, line := range []string{
		"import users.ndjson --dry-run",
		"import users.ndjson --create-missing --keep-dropped dropped.ndjson --log-file run.log --token-cache tokens/deep/token --yes",
		"import users.ndjson --sandbox --checkpoint box.checkpoint", "validate users.ndjson --report validated",
		"reconcile users.ndjson --report reconciled",
		"report --checkpoint users.ndjson.checkpoint", "export --out users.csv", "export --out users.ndjson.gz",
		"backup --out backups --plaintext", "backup --out full --plaintext --detail full", "backup --out backups --plaintext",
		"backup prune backups --keep-last 1",
		"users suspend --ids ids.txt --yes", "users list --json", "restore full --dry-run", "rollback --checkpoint users.ndjson.checkpoint --yes",
		"mapping init users.ndjson --out mapping.yaml", "man pages", "report --checkpoint users.ndjson.checkpoint --crosswalk csv",
	} {
		var out, errs bytes.Buffer
		code := cmd.Main(context.Background(), append([]string{"kinde-migrate"}, strings.Fields(line)...), strings.NewReader(""), &out, &errs)
		if code != 0 && code != 3 {
			t.Errorf("exit %d: %s\n%s", code, line, &errs)
		}
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		} else if _, given := inputs[entry.Name()]; !given {
			files++
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has the mode %v, want %v", strings.TrimPrefix(path, dir), info.Mode().Perm(), want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 26 {
		t.Errorf("only %d files were written: the commands did not run", files)
	}
}
