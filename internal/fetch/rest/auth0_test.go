package rest

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var auth0 = provider{
	name: "auth0", serve: serveAuth0, secret: "auth0-secret-0123456", cursors: true,
	values: map[string]string{"tenant": "acme.eu.auth0.com", "client_id": "m2m", "client_secret": "auth0-secret-0123456"},
	denies: []denial{{path: "/jobs/users-exports", needs: "read:users", unprobed: true}, {path: "/api/v2/users", needs: "read:users"}, {path: "/api/v2/roles", needs: "read:roles"},
		{path: "/members", needs: "read:organization_member_roles"}, {path: "/api/v2/organizations", needs: "read:organizations"}},
	forms: map[string]func(http.ResponseWriter){
		"an epoch": func(w http.ResponseWriter) {
			w.Header().Set("X-Ratelimit-Limit", "10")
			w.Header().Set("X-Ratelimit-Remaining", "0")
			w.Header().Set("X-Ratelimit-Reset", inAMinute())
			answerJSON(w, 429, map[string]any{"statusCode": 429, "error": "Too Many Requests", "errorCode": "too_many_requests"})
		},
		// The limit of the whole tenant stands in no header.
		"nothing": func(w http.ResponseWriter) {
			answerJSON(w, 429, map[string]any{"statusCode": 429, "message": "Global limit has been reached"})
		},
	},
	check: func(t *testing.T, s *simulator, out outcome) {
		for _, line := range out.lines {
			if strings.Contains(line, "access_token") || !strings.Contains(line, `"provider"`) {
				t.Errorf("a user is %s", line)
			}
		}
		roles := 0
		for _, m := range out.memberships {
			if m[1] == "" && m[3] == "pilot" {
				roles++
			} else if m[3] != "admin|member" {
				t.Errorf("a membership is %q", m)
			}
		}
		if len(s.gone) == 0 && roles != len(s.people) {
			t.Errorf("%d have the role of the tenant, not %d", roles, len(s.people))
		}
	},
}

// serveAuth0 writes the file of a job from those who are there when it is asked for. Its
// link is good for a few requests.
func serveAuth0(s *simulator, w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	switch {
	case r.URL.Host == "exports.example.com":
		serveExport(s, w, r)
		return
	case path == "/oauth/token":
		_ = r.ParseForm()
		s.issue(w, r.PostForm.Get("audience") == "https://acme.eu.auth0.com/api/v2/" && r.PostForm.Get("client_secret") == "auth0-secret-0123456")
		return
	case !s.bears(w, r):
		return
	}
	q := r.URL.Query()
	user := func(id string) any {
		return map[string]any{"user_id": id, "email": email(id), "identities": []any{map[string]any{"provider": "google-oauth2", "user_id": id, "access_token": "ya29"}},
			"roles": []any{map[string]any{"name": "admin"}, map[string]any{"name": "member"}}}
	}
	// The first call of a list with a cursor goes without one; without take it ends at 1,000.
	list := func(member string, all []string, shape func(string) any) {
		if !q.Has("take") {
			all = all[:min(len(all), 1000)]
		}
		take := number(r, "take", 50)
		part, next, err := s.page(all, q.Get("from"), take)
		if err != nil || take > 100 {
			answerJSON(w, 400, map[string]any{"statusCode": 400, "message": "Query validation error: 'from'"})
			return
		}
		out := map[string]any{member: shaped(part, shape)}
		if next != "" {
			out["next"] = next
		}
		answerJSON(w, 200, out)
	}
	if id, ok := within(path, "/api/v2/organizations/", "/members"); ok {
		list("members", s.members[id], func(id string) any {
			u := user(id).(map[string]any)
			if !strings.Contains(q.Get("fields"), "roles") {
				delete(u, "roles")
			}
			return u
		})
		return
	}
	switch id, one := within(path, "/api/v2/users/", ""); {
	case one:
		s.user(w, id, user)
	case path == "/api/v2/jobs/users-exports" && r.Method == http.MethodPost:
		in := body(r)
		if in["format"] != "json" {
			answerJSON(w, 400, map[string]any{"statusCode": 400})
			return
		}
		s.jobs = append(s.jobs, slices.Clone(s.people))
		answerJSON(w, 200, map[string]any{"type": "users_export", "status": "pending", "id": fmt.Sprintf("job_%d_%d", s.epoch, len(s.jobs)-1)})
	case strings.HasPrefix(path, "/api/v2/jobs/job_"):
		name := strings.TrimPrefix(path, "/api/v2/jobs/")
		if !strings.HasPrefix(name, fmt.Sprintf("job_%d_", s.epoch)) {
			answerJSON(w, 404, map[string]any{"statusCode": 404, "message": "The job does not exist"})
			return
		}
		if s.polls++; s.polls%2 == 1 {
			answerJSON(w, 200, map[string]any{"id": name, "status": "processing"})
			return
		}
		answerJSON(w, 200, map[string]any{"id": name, "status": "completed", "location": fmt.Sprintf("https://exports.example.com/%s?until=%d", name, s.asked+1)})
	case path == "/api/v2/users":
		answerJSON(w, 200, map[string]any{"start": 0, "limit": 1, "total": len(s.people), "users": shaped(s.window(s.people, 0, 1), user)})
	case path == "/api/v2/roles":
		answerJSON(w, 200, map[string]any{"total": 1, "roles": shaped(s.window([]string{"rol_1"}, number(r, "page", 0)*100, 100),
			func(id string) any { return map[string]any{"id": id, "name": "pilot"} })})
	case path == "/api/v2/roles/rol_1/users":
		list("users", s.people, user)
	case path == "/api/v2/organizations":
		list("organizations", s.orgs, func(id string) any { return map[string]any{"id": id, "name": id, "display_name": "The " + id} })
	default:
		answerJSON(w, 404, map[string]any{"statusCode": 404, "error": "Not Found"})
	}
}

func serveExport(s *simulator, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		s.t.Error("the link of an export got a credential")
	}
	until, _ := strconv.Atoi(r.URL.Query().Get("until"))
	_, number, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/job_"), "_")
	at, err := strconv.Atoi(number)
	if s.asked > until || err != nil || at >= len(s.jobs) {
		http.Error(w, "<Error><Code>AccessDenied</Code></Error>", http.StatusForbidden)
		return
	}
	z := gzip.NewWriter(w)
	for _, id := range s.jobs[at] {
		line, _ := json.Marshal(map[string]any{"user_id": id, "email": email(id),
			"identities": []any{map[string]any{"provider": "google-oauth2", "user_id": id, "access_token": "ya29"}}})
		_, _ = z.Write(append(line, '\n'))
	}
	_ = z.Close()
}
