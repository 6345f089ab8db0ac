package rest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

func zitadelKey() string {
	b, _ := json.Marshal(map[string]string{"type": "serviceaccount", "keyId": "k1", "userId": "service-1", "key": testKey()})
	return string(b)
}

var zitadel = provider{
	name: "zitadel", serve: serveZitadel, secret: "BEGIN PRIVATE KEY", with: []string{"links"},
	values: map[string]string{"base_url": "https://acme.zitadel.cloud", "key": zitadelKey()},
	denies: []denial{{path: "/v2/users", needs: "user.read"}, {path: "/v2/organizations", needs: "org.read"}, {path: "/grants", needs: "user.grant.read"}},
	forms: map[string]func(http.ResponseWriter){"nothing": func(w http.ResponseWriter) {
		answerJSON(w, 429, map[string]any{"code": 8, "message": "quota exceeded"})
	}},
	check: func(t *testing.T, s *simulator, out outcome) {
		for _, m := range out.memberships {
			if m[3] != "pilot" {
				t.Errorf("a grant is %q", m)
			}
		}
		if len(s.gone) == 0 && len(out.identities) != len(s.people) {
			t.Errorf("%d links of %d people", len(out.identities), len(s.people))
		}
	},
}

func serveZitadel(s *simulator, w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/oauth/v2/token" {
		_ = r.ParseForm()
		c := claims(r.PostForm.Get("assertion"))
		s.issue(w, c["iss"] == "service-1" && c["sub"] == "service-1" && c["aud"] == "https://acme.zitadel.cloud" &&
			r.PostForm.Get("scope") == "openid urn:zitadel:iam:org:project:id:zitadel:aud")
		return
	}
	if !s.bears(w, r) {
		return
	}
	user := func(id string) any {
		return map[string]any{"userId": id, "state": "USER_STATE_ACTIVE", "human": map[string]any{"email": map[string]any{"email": email(id), "isVerified": true}}}
	}
	list := func(all []string, shape func(string) any) {
		query, _ := body(r)["query"].(map[string]any)
		offset, _ := query["offset"].(float64)
		limit, _ := query["limit"].(float64)
		if limit > 1000 {
			answerJSON(w, 400, map[string]any{"code": 3, "message": "limit is too high"})
			return
		}
		// Numbers of 64 bits are text, and what is empty is left out.
		out := map[string]any{"details": map[string]any{"totalResult": strconv.Itoa(len(all))}}
		if part := s.window(all, int(offset), int(limit)); len(part) > 0 {
			out["result"] = shaped(part, shape)
		}
		answerJSON(w, 200, out)
	}
	path := r.URL.Path
	if id, ok := within(path, "/v2/users/", "/links/_search"); ok {
		list([]string{"google"}, func(idp string) any { return map[string]any{"idpId": idp, "userId": "google-" + id, "userName": id} })
		return
	}
	switch {
	case path == "/v2/users":
		list(s.people, user)
	case path == "/v2/organizations/_search":
		list(s.orgs, func(id string) any { return map[string]any{"id": id, "name": "The " + id} })
	case path == "/management/v1/users/grants/_search":
		list(s.members[r.Header.Get("X-Zitadel-Orgid")], func(id string) any {
			return map[string]any{"id": "g-" + id, "userId": id, "roleKeys": []any{"pilot"}}
		})
	case strings.HasPrefix(path, "/v2/users/"):
		s.user(w, strings.TrimPrefix(path, "/v2/users/"), func(id string) any { return map[string]any{"user": user(id)} })
	default:
		answerJSON(w, 404, map[string]any{"code": 5})
	}
}
