package providertest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strconv"
	"strings"
	"sync"
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
	b, _ := json.Marshal(
		map[string]string{"type": "service_account", "client_email": "fetch@acme.iam.gserviceaccount.com", "private_key_id": "k1",
			"private_key": testKey(), "token_uri": "https://oauth2.googleapis.com/token"},
	)
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

var Firebase = Provider{
	Name: "firebase", Serve: serveFirebase, Secret: "private_key_id", Cursors: true, Alone: true,
	Values: map[string]string{"project": "acme", "key": googleKey()},
	Forms: map[string]func(http.ResponseWriter){
		"exhausted": func(w http.ResponseWriter) {
			AnswerJSON(w, 429, map[string]any{"error": map[string]any{"code": 429, "status": "RESOURCE_EXHAUSTED"}})
		},
		"status 403": func(w http.ResponseWriter) {
			AnswerJSON(w, 403, map[string]any{"error": map[string]any{"code": 403, "message": "QUOTA_EXCEEDED"}})
		},
	},
}

func serveFirebase(s *Simulator, w http.ResponseWriter, r *http.Request) {
	if r.URL.Host == "oauth2.googleapis.com" {
		_ = r.ParseForm()
		c := claims(r.PostForm.Get("assertion"))
		s.issue(
			w,
			r.PostForm.Get("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer" && c["iss"] == "fetch@acme.iam.gserviceaccount.com" &&
				c["aud"] == "https://oauth2.googleapis.com/token" && c["scope"] == "https://www.googleapis.com/auth/identitytoolkit",
		)
		return
	}
	if !s.bears(w, r) {
		return
	}
	hash := "aGFzaA=="
	if s.Quirks.Redacts {
		hash = "UkVEQUNURUQ="
	}
	switch q := r.URL.Query(); r.URL.Path {
	case "/admin/v2/projects/acme/config":
		AnswerJSON(
			w,
			200,
			map[string]any{
				"signIn": map[string]any{
					"hashConfig": map[string]any{"algorithm": "SCRYPT", "signerKey": "c2lnbmVy", "saltSeparator": "Bw==", "rounds": 8, "memoryCost": 14},
				},
			},
		)
	case "/v1/projects/acme/accounts:batchGet":
		size := number(r, "maxResults", 20)
		token := q.Get("nextPageToken")
		part, next, err := s.page(s.People, token, size)
		if err != nil || size > 1000 {
			AnswerJSON(w, 400, map[string]any{"error": map[string]any{"code": 400, "message": "INVALID_PAGE_SELECTION"}})
			return
		}
		out := map[string]any{"kind": "identitytoolkit#DownloadAccountResponse"}
		// The last page has a cursor too, and then comes one without users.
		if len(part) > 0 {
			out["users"] = shaped(part, func(id string) any {
				return map[string]any{
					"localId":      id,
					"createdAt":    strconv.FormatInt(s.made(id).UnixMilli(), 10),
					"email":        Email(id),
					"passwordHash": hash,
					"salt":         "c2FsdA==",
				}
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
		AnswerJSON(w, 200, out)
	default:
		AnswerJSON(w, 404, map[string]any{"error": map[string]any{"code": 404, "status": "NOT_FOUND"}})
	}
}
