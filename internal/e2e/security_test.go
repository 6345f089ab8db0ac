package e2e

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/cmd"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// What TestNothingLeaks plants. Each is unlike anything that the program says itself.
const (
	canarySalt    = "CanarySaltQz7"
	canaryBroken  = "$2a$10$CanaryBrokenHashQz7"
	canaryArgon   = "$argon2id$v=19$m=65536,t=3,p=4$Q2FuYXJ5QXJnb25TYWx0$Q2FuYXJ5QXJnb25IYXNoUXo3UXo3UXo3UXo3UXo3UXo3UXo"
	canarySecret  = "CanaryWrongSecretQz7"
	canaryMail    = "canary.mail.qz7@example.com"
	canaryName    = "Canarysonqz"
	canaryPhone   = "+447700900123"
	canaryUser    = "canaryuserqz7"
	canaryPicture = "https://example.com/canary-picture-qz7.png"
	canaryMeta    = "canary-metadata-qz7"
)

// leaks remembers the tokens that the tenant handed out.
type leaks struct {
	mu       sync.Mutex
	tokens   []string
	requests int
}

// wrap passes requests on to the tenant, remembers tokens, and breaks some
// answers the way that proxies and tenants do.
func (l *leaks) wrap(tenant http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth2/token" {
			rec := httptest.NewRecorder()
			tenant.ServeHTTP(rec, r)
			var answer struct {
				Token string `json:"access_token"`
			}
			_ = json.Unmarshal(rec.Body.Bytes(), &answer)
			l.mu.Lock()
			if answer.Token != "" {
				l.tokens = append(l.tokens, answer.Token)
			}
			l.mu.Unlock()
			w.Header().Set("Content-Type", rec.Header().Get("Content-Type"))
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rec.Body.Bytes())
			return
		}
		l.mu.Lock()
		l.requests++
		n := l.requests
		l.mu.Unlock()
		switch {
		case r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/password") && n%2 == 0:
			// The tenant shows what it was sent, as some do.
			var sent map[string]any
			_ = json.NewDecoder(r.Body).Decode(&sent)
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]any{
				"code": "PASSWORD_INVALID", "message": fmt.Sprintf("refused: %v, salt %v", sent["hashed_password"], sent["salt"])}}})
		case r.Method == http.MethodPost && r.URL.Path == "/api/v1/user" && n%5 == 0:
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"errors":[{"code":"EMAIL_REFUSED","message":"the domain of %s (%s) is not welcome"}]}`, canaryMail, canaryPhone)
		case n%11 == 5:
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, "<html><body>502 Bad Gateway</body></html>")
		default:
			tenant.ServeHTTP(w, r)
		}
	})
}

// TestNothingLeaks plants a mark in each secret and each personal field, runs
// the commands with logs on while requests fail, and looks for the marks in
// everything that was printed and written.
func TestNothingLeaks(t *testing.T) {
	dir := t.TempDir()
	signer := base64.StdEncoding.EncodeToString([]byte("CanarySignerKeyCanarySignerKeyQ7"))
	digest := md5.Sum([]byte(canarySalt + "Kite-and-Anchor-42"))
	hash := hex.EncodeToString(digest[:])
	plantSources(t, dir, hash, signer)
	inputs := filesIn(t, dir)

	l := &leaks{}
	tenant := atHome(t, dir, func(tenant *sandbox.Tenant) http.Handler { return l.wrap(tenant) })

	printed := map[string]string{}
	run := func(line string) {
		var out, errs bytes.Buffer
		code := cmd.Main(context.Background(), append([]string{"kinde-migrate"}, strings.Fields(line)...), strings.NewReader(""), &out, &errs)
		printed[line] = out.String() + errs.String()
		t.Logf("exit %d: %s", code, line)
	}
	logs := " --debug --log-file run.log --log-format json"
	run("inspect users.ndjson")
	run("validate users.ndjson" + logs)
	run("import users.ndjson --dry-run" + logs)
	run("import users.ndjson --create-missing --keep-dropped dropped.ndjson" + logs)
	run("import users.ndjson --create-missing --keep-dropped dropped.ndjson --debug")
	run("import firebase.json --hash-params hash-params.txt --create-missing --json" + logs)
	run("import users.ndjson --sandbox" + logs)
	run("reconcile users.ndjson --debug")
	run("doctor users.ndjson --debug")
	run("report --checkpoint users.ndjson.checkpoint")
	run("users list --filter is_suspended --json")
	run("rollback --checkpoint users.ndjson.checkpoint --dry-run")
	run("status")
	run("export --out exported.ndjson --debug")
	run("backup --out backups --plaintext --debug")
	run("import users.ndjson --mapping users.ndjson")
	run("import firebase.json --hash-params users.ndjson")
	t.Setenv("KINDE_MANAGEMENT_CLIENT_SECRET", canarySecret)
	run("doctor --debug")
	run("import users.ndjson --checkpoint other.checkpoint --debug")

	secrets := []string{
		tenant.ClientSecret,
		canarySecret,
		canarySalt,
		hash,
		canaryBroken[7:],
		"Q2FuYXJ5QXJnb25TYWx0",
		"UXo3UXo3UXo3",
		signer,
		"CanarySignerKey",
	}
	l.mu.Lock()
	secrets = append(secrets, l.tokens...)
	l.mu.Unlock()
	personal := []string{canaryMail, "canary.mail", canaryName, canaryPhone[1:], canaryUser, "canary-picture", canaryMeta}
	if len(l.tokens) == 0 {
		t.Error("no token was handed out: the commands did not run")
	}
	for line, text := range printed {
		for _, s := range secrets {
			if leaked(text, s) {
				t.Errorf("%s prints the secret %.16s…\n%s", line, s, around(text, s))
			}
		}
		for _, p := range personal {
			// Over a sandbox the summary names somebody to try a sign-in with.
			if leaked(text, p) && !(strings.Contains(line, "--sandbox") && strings.HasPrefix(canaryMail, p)) {
				t.Errorf("%s prints personal data (%s)\n%s", line, p, around(text, p))
			}
		}
	}
	checkFiles(t, dir, inputs, secrets, personal)
}

// checkFiles looks through everything that was written.
func checkFiles(t *testing.T, dir string, inputs map[string]bool, secrets, personal []string) {
	t.Helper()
	seen := 0
	for path := range filesIn(t, dir) {
		if inputs[path] {
			continue
		}
		seen++
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v, want 0600", path, info.Mode().Perm())
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		ofSource := strings.HasPrefix(name, "rejects.") || name == "dropped.ndjson" || strings.HasSuffix(name, ".tenant")
		for _, s := range secrets {
			if !ofSource && leaked(string(data), s) {
				t.Errorf("%s holds the secret %.16s…\n%s", path, s, around(string(data), s))
			}
		}
		private := ofSource || strings.Contains(path, ".checkpoint") || strings.Contains(path, ".report") ||
			strings.HasPrefix(path, "backups") || strings.HasPrefix(path, "exported.")
		if name == "report.html" {
			private = false
		}
		for _, p := range personal {
			if !private && leaked(string(data), p) {
				t.Errorf("%s holds personal data (%s)\n%s", path, p, around(string(data), p))
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d files were written: the commands did not run", seen)
	}
}

// plantSources writes the exports with the marks.
func plantSources(t *testing.T, dir, hash, signer string) {
	t.Helper()
	var b strings.Builder
	person := func(n int, more map[string]any) {
		fields := map[string]any{
			"id": fmt.Sprintf("source-%d", n), "email": strings.Replace(canaryMail, "@", fmt.Sprintf("%d@", n), 1),
			"email_verified": true, "given_name": "Qz", "family_name": canaryName, "picture": canaryPicture,
			"metadata": map[string]any{"town": canaryMeta},
		}
		for k, v := range more {
			fields[k] = v
		}
		line, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	for n := range 6 {
		person(n, map[string]any{"password_hash": hash, "hashing_method": "md5", "salt": canarySalt, "salt_position": "prefix"})
	}
	person(10, map[string]any{"phone": canaryPhone, "username": canaryUser, "password_hash": canaryBroken, "hashing_method": "bcrypt"})
	person(11, map[string]any{"password_hash": canaryArgon})
	person(12, map[string]any{"email": "canary.mail broken", "password_hash": canaryArgon})
	person(0, map[string]any{"id": "source-again"})
	b.WriteString(`{"id":"source-13","email":"` + canaryMail + `","password_hash":"` + canaryBroken + "\n")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("users.ndjson", b.String())
	write(
		"hash-params.txt",
		"hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: "+signer+",\n  base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 14,\n}\n",
	)
	write("firebase.json", `{"users":[{"localId":"fb1","email":"`+canaryMail+`","emailVerified":true,"passwordHash":"`+
		base64.StdEncoding.EncodeToString([]byte(canarySalt+strings.Repeat("h", 51)))+`","salt":"`+
		base64.StdEncoding.EncodeToString(
			[]byte(canarySalt),
		)+`","displayName":"Qz `+canaryName+`","createdAt":"1704067200000","providerUserInfo":[]}]}`)
}

// leaked looks for a mark as it is and in the forms in which it travels.
func leaked(text, mark string) bool {
	for _, form := range []string{mark, url.QueryEscape(mark), base64.StdEncoding.EncodeToString([]byte(mark)),
		hex.EncodeToString([]byte(mark))} {
		if strings.Contains(text, strings.TrimRight(form, "=")) {
			return true
		}
	}
	return false
}

// around is the neighbourhood of a mark, for the message of a failure.
func around(text, mark string) string {
	i := max(strings.Index(text, mark), 0)
	return fmt.Sprintf("%q", text[max(0, i-160):min(len(text), i+80)])
}

func filesIn(t *testing.T, dir string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		out[filepath.ToSlash(rel)] = true
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
