package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/cmd"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

// What the echoing tenant is told and tells again.
const (
	echoedSecret = `pa+ss/wo=rd"Qz7&Echo<42`
	echoedHash   = "$2a$10$EchoQz7EchoQz7EchoQz7uEchoQz7EchoQz7EchoQz7EchoQz7Echo"
)

var echoedToken = "eyJhbGciOiJSUzI1NiJ9." + strings.Repeat("EchoQz7-Token_Xk9", 55) + ".c2lnbmF0dXJlRWNobw"

// spelledOut are the ways in which a server may write a value of its own accord.
func spelledOut(s string) []string {
	each := func(format string) string {
		var b strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&b, format, s[i])
		}
		return b.String()
	}
	return []string{
		s, url.QueryEscape(s), url.PathEscape(s), strings.NewReplacer("+", "%2B", "/", "%2f").Replace(s), each("%%%02x"), each("%%%02X"),
		url.QueryEscape(
			url.QueryEscape(s),
		), strings.ReplaceAll(s, "/", `\/`), each(`\u%04x`), html.EscapeString(s), each("&#%d;"), each("&#x%x;"),
		base64.StdEncoding.EncodeToString([]byte(s)), base64.StdEncoding.EncodeToString([]byte("x:" + s)),
		base64.StdEncoding.EncodeToString([]byte("client:" + s)), base64.RawURLEncoding.EncodeToString([]byte("id:" + s)),
		base64.StdEncoding.EncodeToString([]byte("id:" + url.QueryEscape(s))), hex.EncodeToString([]byte(s)),
	}
}

// echo is a tenant that repeats secrets in what it answers.
type echo struct {
	tenant *sandbox.Tenant

	mu    sync.Mutex
	rand  *rand.Rand
	mode  string // which answers are spoilt: token, errors, data
	said  map[string]bool
	given bool // the command at work got a token
}

// repeats returns the next spelling of the next secret.
func (e *echo) repeats(hash bool) string {
	secrets := []string{echoedSecret, echoedToken}
	if hash {
		secrets = append(secrets, echoedHash)
	}
	spelt := spelledOut(secrets[e.rand.IntN(len(secrets))])
	text := spelt[e.rand.IntN(len(spelt))]
	e.said[text] = true
	return text
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if r.URL.Path == "/oauth2/token" {
		e.serveToken(w, r)
		return
	}
	r.Header.Set("Authorization", "Bearer "+e.tenant.Token())
	hash := strings.HasSuffix(r.URL.Path, "/password")
	switch {
	case e.mode == "token":
		w.WriteHeader(http.StatusUnauthorized)
		return
	case e.mode == "errors" && (hash || e.rand.IntN(3) == 0):
		text := e.repeats(hash)
		bodies := []any{
			map[string]any{"error": text, "error_description": "no: " + text},
			map[string]any{
				"errors": []any{
					map[string]any{"code": text, "message": "refused " + text},
					map[string]any{"code": "X", "message": strings.Repeat("m", 390) + text},
				},
			},
			map[string]any{"errors": map[string]any{text: "is wrong", "email": []any{text}}},
			map[string]any{"message": text, "code": text}, map[string]any{"title": text}, text,
		}
		body, _ := json.Marshal(bodies[e.rand.IntN(len(bodies))])
		switch e.rand.IntN(7) {
		case 1:
			w.Header().Set("Content-Type", "text/html")
			body = []byte("<html><title>" + text + "</title><h1>" + text + "</h1></html>")
		case 2:
			body = []byte("refused: " + text)
		case 3:
			w.Header().Set("Location", "https://"+hex.EncodeToString([]byte(echoedSecret))+".example.com/")
			w.WriteHeader(http.StatusFound)
			return
		}
		w.WriteHeader([]int{400, 400, 404, 409, 422}[e.rand.IntN(5)])
		_, _ = w.Write(body)
		return
	}
	rec := httptest.NewRecorder()
	e.tenant.ServeHTTP(rec, r)
	body := rec.Body.Bytes()
	var answer any
	if e.mode == "data" && rec.Code/100 == 2 && json.Unmarshal(body, &answer) == nil {
		body, _ = json.Marshal(e.spoil("", answer))
	}
	w.Header().Set("Content-Type", rec.Header().Get("Content-Type"))
	w.WriteHeader(rec.Code)
	_, _ = w.Write(body)
}

func (e *echo) serveToken(w http.ResponseWriter, r *http.Request) {
	if e.mode == "token" && e.given {
		text := e.repeats(false)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": text, "error_description": "not " + text,
			"errors": []any{map[string]any{"code": text, "message": text}}})
		return
	}
	e.given = true
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": echoedToken, "token_type": "bearer", "expires_in": 3600})
}

// spoil adds a secret to every text of an answer that the tool doesn't need to
// go on.
func (e *echo) spoil(key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = e.spoil(k, v[k])
		}
	case []any:
		for i := range v {
			v[i] = e.spoil(key, v[i])
		}
	case string:
		switch key {
		case "id", "type", "next_token", "created_on", "strategy", "email", "key", "provided_id":
		default:
			return v + e.repeats(false)
		}
	}
	return v
}

// TestNoAnswerBringsASecretOut lets the tenant repeat the client secret, the
// token and the hash at hand in every field, header and kind of body, in every
// spelling, and looks for them in all that is printed and written.
func TestNoAnswerBringsASecretOut(t *testing.T) {
	dir := t.TempDir()
	e := &echo{said: map[string]bool{}, rand: rand.New(rand.NewPCG(1, 2))}
	e.tenant = atHome(t, dir, func(*sandbox.Tenant) http.Handler { return e })
	t.Setenv("KINDE_MANAGEMENT_CLIENT_SECRET", echoedSecret)
	var b strings.Builder
	for n := range 30 {
		fmt.Fprintf(
			&b,
			`{"id":"s%d","email":"s%d@example.com","email_verified":true,"password_hash":%q,"hashing_method":"bcrypt"}`+"\n",
			n,
			n,
			echoedHash,
		)
	}
	if err := os.WriteFile("users.ndjson", []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	printed := map[string]string{}
	run := func(mode, line string) {
		e.mu.Lock()
		e.mode, e.given = mode, false
		e.mu.Unlock()
		var out, errs bytes.Buffer
		code := cmd.Main(context.Background(), append([]string{"kinde-migrate"}, strings.Fields(line)...), strings.NewReader(""), &out, &errs)
		printed[mode+": "+line] += out.String() + errs.String()
		t.Logf("exit %d: %s: %s", code, mode, line)
	}
	for n := range 30 {
		run("token", fmt.Sprintf("doctor --json --debug --log-file token%d.log", n%2))
		if n%4 == 0 {
			run("errors", "doctor --json --debug")
			run("errors", fmt.Sprintf("import users.ndjson --debug --log-file run.log --log-format json --checkpoint c%d.checkpoint", n%8))
		}
		if n%15 == 0 {
			run("errors", "users list")
			run("data", "doctor")
			run("data", "users list --json --debug")
			run("data", "export --out out.ndjson --with identities,organizations,properties,roles")
			run("data", "reconcile users.ndjson")
			run("data", "import users.ndjson --checkpoint data.checkpoint")
			run("data", "backup --out backups --plaintext --detail full")
		}
	}
	run("errors", "report --checkpoint c0.checkpoint")
	run("errors", "rollback --checkpoint c0.checkpoint --yes")

	if len(e.said) < 25 {
		t.Errorf("only %d spellings were sent: the commands did not run", len(e.said))
	}
	files := 0
	for path := range filesIn(t, dir) {
		if name := filepath.Base(path); name != "users.ndjson" && !strings.HasPrefix(name, "rejects.") {
			data, err := os.ReadFile(filepath.Join(dir, path))
			if err != nil {
				t.Fatal(err)
			}
			printed[path] = string(data)
			files++
		}
	}
	if files < 12 {
		t.Errorf("only %d files were written: the commands did not run", files)
	}
	for said := range e.said {
		// Of a token that was cut, the beginning would be there.
		mark := said[:min(len(said), 48)]
		quoted, _ := json.Marshal(mark)
		for where, text := range printed {
			for _, form := range []string{mark, strings.Trim(string(quoted), `"`), html.EscapeString(mark)} {
				if strings.Contains(text, form) {
					t.Errorf("%s shows %.24s…\n%s", where, mark, around(text, form))
					break
				}
			}
		}
	}
}
