package providertest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

func zitadelKey() string {
	b, _ := json.Marshal(map[string]string{"type": "serviceaccount", "keyId": "k1", "userId": "service-1", "key": testKey()})
	return string(b)
}

var Zitadel = Provider{
	Name: "zitadel", Serve: serveZitadel, Secret: "BEGIN PRIVATE KEY", With: []string{"links"},
	Values: map[string]string{"base_url": "https://acme.zitadel.cloud", "key": zitadelKey()},
	Forms: map[string]func(http.ResponseWriter){"nothing": func(w http.ResponseWriter) {
		AnswerJSON(w, 429, map[string]any{"code": 8, "message": "quota exceeded"})
	}},
}

func serveZitadel(s *Simulator, w http.ResponseWriter, r *http.Request) {
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
		return map[string]any{
			"userId":  id,
			"state":   "USER_STATE_ACTIVE",
			"details": map[string]any{"creationDate": s.made(id)},
			"human":   map[string]any{"email": map[string]any{"email": Email(id), "isVerified": true}},
		}
	}
	list := func(all []string, shape func(string) any) {
		query, _ := body(r)["query"].(map[string]any)
		offset, _ := query["offset"].(float64)
		limit, _ := query["limit"].(float64)
		if limit > 1000 {
			AnswerJSON(w, 400, map[string]any{"code": 3, "message": "limit is too high"})
			return
		}
		// Numbers of 64 bits are text, and what is empty is left out.
		out := map[string]any{"details": map[string]any{"totalResult": strconv.Itoa(len(all))}}
		if part := s.window(all, int(offset), int(limit)); len(part) > 0 {
			out["result"] = shaped(part, shape)
		}
		AnswerJSON(w, 200, out)
	}
	path := r.URL.Path
	if id, ok := within(path, "/v2/users/", "/links/_search"); ok {
		list([]string{"google"}, func(idp string) any { return map[string]any{"idpId": idp, "userId": "google-" + id, "userName": id} })
		return
	}
	switch {
	case path == "/v2/users":
		list(s.People, user)
	case path == "/v2/organizations/_search":
		list(s.Orgs, func(id string) any { return map[string]any{"id": id, "name": "The " + id} })
	case path == "/management/v1/users/grants/_search":
		list(s.Members[r.Header.Get("X-Zitadel-Orgid")], func(id string) any {
			return map[string]any{"id": "g-" + id, "details": map[string]any{"creationDate": s.made(id)}, "userId": id, "roleKeys": []any{"pilot"}}
		})
	case strings.HasPrefix(path, "/v2/users/"):
		s.user(w, strings.TrimPrefix(path, "/v2/users/"), func(id string) any { return map[string]any{"user": user(id)} })
	default:
		AnswerJSON(w, 404, map[string]any{"code": 5})
	}
}
