package providertest

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

var Auth0 = Provider{
	Name: "auth0", Serve: serveAuth0, Secret: "auth0-secret-0123456", Cursors: true,
	Values: map[string]string{"tenant": "acme.eu.auth0.com", "client_id": "m2m", "client_secret": "auth0-secret-0123456"},
	Forms: map[string]func(http.ResponseWriter){
		"an epoch": func(w http.ResponseWriter) {
			w.Header().Set("X-Ratelimit-Limit", "10")
			w.Header().Set("X-Ratelimit-Remaining", "0")
			w.Header().Set("X-Ratelimit-Reset", inAMinute())
			AnswerJSON(w, 429, map[string]any{"statusCode": 429, "error": "Too Many Requests", "errorCode": "too_many_requests"})
		},
		// The limit of the whole tenant stands in no header.
		"nothing": func(w http.ResponseWriter) {
			AnswerJSON(w, 429, map[string]any{"statusCode": 429, "message": "Global limit has been reached"})
		},
	},
}

// serveAuth0 writes the file of a job from those who are there when it is asked for. Its
// link is good for a few requests.
func serveAuth0(s *Simulator, w http.ResponseWriter, r *http.Request) {
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
		return map[string]any{
			"user_id":    id,
			"email":      Email(id),
			"identities": []any{map[string]any{"provider": "google-oauth2", "user_id": id, "access_token": "ya29"}},
			"roles":      []any{map[string]any{"name": "admin"}, map[string]any{"name": "member"}},
		}
	}
	// The first call of a list with a cursor goes without one; without take it ends at 1,000.
	list := func(member string, all []string, shape func(string) any) {
		if !q.Has("take") {
			all = all[:min(len(all), 1000)]
		}
		take := number(r, "take", 50)
		part, next, err := s.page(all, q.Get("from"), take)
		if err != nil || take > 100 {
			AnswerJSON(w, 400, map[string]any{"statusCode": 400, "message": "Query validation error: 'from'"})
			return
		}
		out := map[string]any{member: shaped(part, shape)}
		if next != "" {
			out["next"] = next
		}
		AnswerJSON(w, 200, out)
	}
	if id, ok := within(path, "/api/v2/organizations/", "/members"); ok {
		list("members", s.Members[id], func(id string) any {
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
			AnswerJSON(w, 400, map[string]any{"statusCode": 400})
			return
		}
		s.jobs = append(s.jobs, slices.Clone(s.People))
		AnswerJSON(w, 200, map[string]any{"type": "users_export", "status": "pending", "id": fmt.Sprintf("job_%d_%d", s.epoch, len(s.jobs)-1)})
	case strings.HasPrefix(path, "/api/v2/jobs/job_"):
		name := strings.TrimPrefix(path, "/api/v2/jobs/")
		if !strings.HasPrefix(name, fmt.Sprintf("job_%d_", s.epoch)) {
			AnswerJSON(w, 404, map[string]any{"statusCode": 404, "message": "The job does not exist"})
			return
		}
		if s.polls++; s.polls%2 == 1 {
			AnswerJSON(w, 200, map[string]any{"id": name, "status": "processing"})
			return
		}
		AnswerJSON(
			w,
			200,
			map[string]any{"id": name, "status": "completed", "location": fmt.Sprintf("https://exports.example.com/%s?until=%d", name, s.asked+1)},
		)
	case path == "/api/v2/users":
		AnswerJSON(w, 200, map[string]any{"start": 0, "limit": 1, "total": len(s.People), "users": shaped(s.window(s.People, 0, 1), user)})
	case path == "/api/v2/roles":
		AnswerJSON(w, 200, map[string]any{"total": 1, "roles": shaped(s.window([]string{"rol_1"}, number(r, "page", 0)*100, 100),
			func(id string) any { return map[string]any{"id": id, "name": "pilot"} })})
	case path == "/api/v2/roles/rol_1/users":
		list("users", s.People, user)
	case path == "/api/v2/organizations":
		list("organizations", s.Orgs, func(id string) any { return map[string]any{"id": id, "name": id, "display_name": "The " + id} })
	default:
		AnswerJSON(w, 404, map[string]any{"statusCode": 404, "error": "Not Found"})
	}
}

func serveExport(s *Simulator, w http.ResponseWriter, r *http.Request) {
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
		line, _ := json.Marshal(map[string]any{"user_id": id, "email": Email(id),
			"identities": []any{map[string]any{"provider": "google-oauth2", "user_id": id, "access_token": "ya29"}}})
		_, _ = z.Write(append(line, '\n'))
	}
	_ = z.Close()
}
