package providertest

import (
	"fmt"
	"net/http"
	"strconv"
)

var Kratos = Provider{
	Name: "kratos", Serve: serveKratos, Secret: "ory_pat_0123456789", Cursors: true, Empties: true, Alone: true,
	Values: map[string]string{"base_url": "https://acme.projects.oryapis.com/", "token": "ory_pat_0123456789"},
	Forms: map[string]func(http.ResponseWriter){
		"a date":  TooMany("Retry-After", "Sat, 01 Jan 2000 00:01:00 GMT"),
		"nothing": TooMany("", ""),
	},
}

func serveKratos(s *Simulator, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer ory_pat_0123456789" {
		AnswerJSON(w, 401, map[string]any{"error": map[string]any{"code": 401, "status": "Unauthorized", "message": "no"}})
		return
	}
	q := r.URL.Query()
	if r.URL.Path != "/admin/identities" {
		AnswerJSON(w, 404, map[string]any{})
		return
	}
	credentials := map[string]any{}
	for _, kind := range q["include_credential"] {
		switch kind {
		case "password":
			credentials[kind] = map[string]any{"type": kind, "config": map[string]any{"hashed_password": "$2a$04$x"}}
		case "oidc":
			credentials[kind] = map[string]any{"type": kind, "config": map[string]any{"providers": []any{map[string]any{
				"provider": "google", "subject": "1", "initial_id_token": "i", "initial_access_token": "a", "initial_refresh_token": "r"}}}}
		}
	}
	user := func(id string) any {
		return map[string]any{
			"id":          id,
			"schema_id":   "default",
			"state":       "active",
			"traits":      map[string]any{"email": Email(id)},
			"credentials": credentials,
		}
	}
	if q.Has("page") {
		w.Header().Set("X-Total-Count", strconv.Itoa(len(s.People)))
		AnswerJSON(w, 200, shaped(s.window(s.People, 0, 1), user))
		return
	}
	size := number(r, "page_size", 250)
	part, next, err := s.page(s.People, q.Get("page_token"), size)
	if err != nil || size > 500 {
		AnswerJSON(w, 400, map[string]any{"error": map[string]any{"code": 400, "message": "the page token is invalid"}})
		return
	}
	if next != "" {
		// Behind a proxy its own address is another one.
		w.Header().Set(
			"Link",
			fmt.Sprintf(
				`<http://kratos.internal:4434/admin/identities?page_size=%d&page_token=>; rel="first",<http://kratos.internal:4434/admin/identities?page_size=%d&page_token=%s>; rel="next"`,
				size,
				size,
				next,
			),
		)
	}
	AnswerJSON(w, 200, shaped(part, user))
}
