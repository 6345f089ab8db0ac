package rest

import (
	"net/http"
	"slices"
	"strconv"
	"testing"
)

var supabase = provider{
	name: "supabase", serve: serveSupabase, secret: "service-role-0123456789", alone: true, with: []string{"identities"},
	values: map[string]string{"base_url": "https://ref.supabase.co", "key": "service-role-0123456789"},
	denies: []denial{{path: "/auth/v1/admin/users", needs: "service_role"}},
	forms: map[string]func(http.ResponseWriter){"nothing": func(w http.ResponseWriter) {
		answerJSON(w, 429, map[string]any{"code": 429, "error_code": "over_request_rate_limit", "msg": "Request rate limit reached"})
	}},
	check: func(t *testing.T, s *simulator, out outcome) {
		if len(s.gone) == 0 && len(out.identities) != len(s.people) {
			t.Errorf("%d identities of %d people", len(out.identities), len(s.people))
		}
	},
}

func serveSupabase(s *simulator, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer service-role-0123456789" || r.Header.Get("apikey") != "service-role-0123456789" {
		answerJSON(w, 401, map[string]any{"code": 401, "msg": "no API key"})
		return
	}
	user := func(id string) map[string]any {
		return map[string]any{"id": id, "aud": "authenticated", "email": email(id), "app_metadata": map[string]any{"provider": "google"}, "identities": nil}
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
		answerJSON(w, 404, map[string]any{})
		return
	}
	all := slices.Clone(s.people)
	if r.URL.Query().Get("sort") != "created_at asc" {
		slices.Reverse(all)
	}
	size := number(r, "per_page", 50)
	if s.quirks.clamp > 0 {
		size = min(size, s.quirks.clamp)
	}
	w.Header().Set("X-Total-Count", strconv.Itoa(len(all)))
	part := s.window(all, (number(r, "page", 1)-1)*size, size)
	answerJSON(w, 200, map[string]any{"aud": "authenticated", "users": shaped(part, func(id string) any { return user(id) })})
}
