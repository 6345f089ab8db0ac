package providertest

import (
	"net/http"
	"slices"
	"strconv"
)

var Supabase = Provider{
	Name: "supabase", Serve: serveSupabase, Secret: "service-role-0123456789", Alone: true, With: []string{"identities"},
	Values: map[string]string{"base_url": "https://ref.supabase.co", "key": "service-role-0123456789"},
	Forms: map[string]func(http.ResponseWriter){"nothing": func(w http.ResponseWriter) {
		AnswerJSON(w, 429, map[string]any{"code": 429, "error_code": "over_request_rate_limit", "msg": "Request rate limit reached"})
	}},
}

func serveSupabase(s *Simulator, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer service-role-0123456789" || r.Header.Get("apikey") != "service-role-0123456789" {
		AnswerJSON(w, 401, map[string]any{"code": 401, "msg": "no API key"})
		return
	}
	user := func(id string) map[string]any {
		return map[string]any{
			"id":           id,
			"aud":          "authenticated",
			"created_at":   s.made(id),
			"email":        Email(id),
			"app_metadata": map[string]any{"provider": "google"},
			"identities":   nil,
		}
	}
	if id, ok := within(r.URL.Path, "/auth/v1/admin/users/", ""); ok {
		s.user(w, id, func(id string) any {
			u := user(id)
			u["identities"] = []any{map[string]any{"provider_id": "google-" + id, "user_id": id, "provider": "google"}}
			return u
		})
		return
	}
	if r.URL.Path != "/auth/v1/admin/users" {
		AnswerJSON(w, 404, map[string]any{})
		return
	}
	all := slices.Clone(s.People)
	if r.URL.Query().Get("sort") != "created_at asc" {
		slices.Reverse(all)
	}
	size := number(r, "per_page", 50)
	if s.Quirks.Clamp > 0 {
		size = min(size, s.Quirks.Clamp)
	}
	w.Header().Set("X-Total-Count", strconv.Itoa(len(all)))
	part := s.window(all, (number(r, "page", 1)-1)*size, size)
	AnswerJSON(w, 200, map[string]any{"aud": "authenticated", "users": shaped(part, func(id string) any { return user(id) })})
}
