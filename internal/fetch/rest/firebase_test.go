package rest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// testKey is one key for the tests of a process: they take long to make.
var testKey = sync.OnceValue(func() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
})

func googleKey() string {
	b, _ := json.Marshal(map[string]string{"type": "service_account", "client_email": "fetch@acme.iam.gserviceaccount.com", "private_key_id": "k1",
		"private_key": testKey(), "token_uri": "https://oauth2.googleapis.com/token"})
	return string(b)
}

// claims are those of an assertion.
func claims(assertion string) map[string]any {
	parts := strings.Split(assertion, ".")
	var out map[string]any
	if len(parts) == 3 {
		b, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(b, &out)
	}
	return out
}

var firebase = provider{
	name: "firebase", serve: serveFirebase, secret: "private_key_id", cursors: true, alone: true,
	values: map[string]string{"project": "acme", "key": googleKey()},
	denies: []denial{{path: "accounts:batchGet", needs: "firebaseauth.users.get"}, {path: "/config", needs: "firebaseauth.configs.getHashConfig"}},
	forms: map[string]func(http.ResponseWriter){
		"exhausted": func(w http.ResponseWriter) {
			answerJSON(w, 429, map[string]any{"error": map[string]any{"code": 429, "status": "RESOURCE_EXHAUSTED"}})
		},
		"status 403": func(w http.ResponseWriter) {
			answerJSON(w, 403, map[string]any{"error": map[string]any{"code": 403, "message": "QUOTA_EXCEEDED"}})
		},
	},
	check: func(t *testing.T, s *simulator, out outcome) {
		if s.quirks.redacts {
			return
		}
		if p, err := password.ParseParams([]byte(out.params)); err != nil || len(p) != 5 {
			t.Errorf("the parameters are %v, %v", p, err)
		}
	},
}

func serveFirebase(s *simulator, w http.ResponseWriter, r *http.Request) {
	if r.URL.Host == "oauth2.googleapis.com" {
		_ = r.ParseForm()
		c := claims(r.PostForm.Get("assertion"))
		s.issue(w, r.PostForm.Get("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer" && c["iss"] == "fetch@acme.iam.gserviceaccount.com" &&
			c["aud"] == "https://oauth2.googleapis.com/token" && c["scope"] == "https://www.googleapis.com/auth/identitytoolkit")
		return
	}
	if !s.bears(w, r) {
		return
	}
	hash := "aGFzaA=="
	if s.quirks.redacts {
		hash = "UkVEQUNURUQ="
	}
	switch q := r.URL.Query(); r.URL.Path {
	case "/admin/v2/projects/acme/config":
		answerJSON(w, 200, map[string]any{"signIn": map[string]any{"hashConfig": map[string]any{"algorithm": "SCRYPT", "signerKey": "c2lnbmVy", "saltSeparator": "Bw==", "rounds": 8, "memoryCost": 14}}})
	case "/v1/projects/acme/accounts:batchGet":
		size := number(r, "maxResults", 20)
		token := q.Get("nextPageToken")
		part, next, err := s.page(s.people, token, size)
		if err != nil || size > 1000 {
			answerJSON(w, 400, map[string]any{"error": map[string]any{"code": 400, "message": "INVALID_PAGE_SELECTION"}})
			return
		}
		out := map[string]any{"kind": "identitytoolkit#DownloadAccountResponse"}
		// The last page has a cursor too, and then comes one without users.
		if len(part) > 0 {
			out["users"] = shaped(part, func(id string) any {
				return map[string]any{"localId": id, "email": email(id), "passwordHash": hash, "salt": "c2FsdA=="}
			})
			if next == "" {
				next = "0~" + part[len(part)-1]
				if s.epoch != 0 {
					next = strings.Replace(next, "0~", "1~", 1)
				}
			}
		}
		if next != "" {
			out["nextPageToken"] = next
		}
		answerJSON(w, 200, out)
	default:
		answerJSON(w, 404, map[string]any{"error": map[string]any{"code": 404, "status": "NOT_FOUND"}})
	}
}

// TestHashesThatAreWithheld: a mark in the place of a hash is a permission that is missing.
func TestHashesThatAreWithheld(t *testing.T) {
	s := newSimulator(t, 3, 0, serveFirebase)
	s.quirks.redacts = true
	_, err := fetchAll(t, s, firebase.options(t), 0)
	var denied *fetch.DeniedError
	if !errors.As(err, &denied) || !strings.Contains(denied.Needs, "getHashConfig") {
		t.Errorf("it ended with %v", err)
	}
	o := firebase.options(t)
	o.Without = []string{"hashes"}
	out, err := fetchAll(t, s, o, 0)
	whole(t, firebase, s, out, err)
	if len(out.manifest.Unavailable) < 2 {
		t.Errorf("it does not say that hashes were left out: %v", out.manifest.Unavailable)
	}
}
