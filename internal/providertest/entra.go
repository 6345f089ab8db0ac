package providertest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

var entraValues = map[string]string{"tenant": "acme.onmicrosoft.com", "client_id": "app", "client_secret": "azure-secret-0123456"}

var Entra = Provider{
	Name: "entra", Serve: serveGraph, Secret: "azure-secret-0123456", Cursors: true, Empties: true, Values: entraValues,
	Forms: map[string]func(http.ResponseWriter){
		"seconds":    TooMany("Retry-After", "10"),
		"status 503": func(w http.ResponseWriter) { w.Header().Set("Retry-After", "10"); AnswerJSON(w, 503, map[string]any{}) },
	},
}

var AzureB2C = func() Provider {
	p := Entra
	p.Name = "azure-b2c"
	return p
}()

func serveGraph(s *Simulator, w http.ResponseWriter, r *http.Request) {
	if r.URL.Host == "login.microsoftonline.com" {
		_ = r.ParseForm()
		s.issue(w, r.URL.Path == "/acme.onmicrosoft.com/oauth2/v2.0/token" && r.PostForm.Get("client_secret") == "azure-secret-0123456" &&
			r.PostForm.Get("scope") == "https://graph.microsoft.com/.default")
		return
	}
	if r.URL.Host != "graph.microsoft.com" || !s.bears(w, r) {
		return
	}
	q := r.URL.Query()
	selects := strings.Split(q.Get("$select"), ",")
	user := func(id string) any {
		u := map[string]any{"@odata.type": "#microsoft.graph.user", "id": id, "userPrincipalName": Email(id)}
		for _, name := range selects {
			switch {
			case name == "createdDateTime":
				u[name] = s.made(id)
			case name == "identities":
				u[name] = []any{map[string]any{"signInType": "emailAddress", "issuer": "acme.onmicrosoft.com", "issuerAssignedId": Email(id)}}
			case strings.HasPrefix(name, "extension_"):
				u[name] = "gold"
			}
		}
		return u
	}
	list := func(all []string, shape func(string) any) {
		top := number(r, "$top", 100)
		if top < 1 || top > 999 {
			AnswerJSON(
				w,
				400,
				map[string]any{"error": map[string]any{"code": "Request_UnsupportedQuery", "message": "Must be between 1 and 999 inclusive."}},
			)
			return
		}
		part, next, err := s.page(all, q.Get("$skiptoken"), top)
		if err != nil {
			AnswerJSON(w, 400, map[string]any{"error": map[string]any{"code": "Directory_ExpiredPageToken"}})
			return
		}
		out := map[string]any{"@odata.context": "x", "value": shaped(part, shape)}
		if next != "" {
			q.Set("$skiptoken", next)
			out["@odata.nextLink"] = (&url.URL{Scheme: "https", Host: "graph.microsoft.com", Path: r.URL.Path, RawQuery: q.Encode()}).String()
		}
		AnswerJSON(w, 200, out)
	}
	path := strings.TrimPrefix(r.URL.Path, "/v1.0")
	if id, ok := within(path, "/groups/", "/members"); ok {
		list(append([]string{"device"}, s.Members[id]...), func(id string) any {
			if id == "device" {
				return map[string]any{"@odata.type": "#microsoft.graph.device", "id": id}
			}
			return map[string]any{"@odata.type": "#microsoft.graph.user", "id": id}
		})
		return
	}
	named := func(id string) any {
		return map[string]any{"id": id, "displayName": "The " + id, "name": "extension_0a_plan"}
	}
	switch id, one := within(path, "/users/", ""); {
	case path == "/users/$count":
		if r.Header.Get("ConsistencyLevel") != "eventual" {
			AnswerJSON(w, 400, map[string]any{"error": map[string]any{"code": "Request_BadRequest"}})
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte("\ufeff" + strconv.Itoa(len(s.People))))
	case path == "/users":
		list(slices.Clone(s.People), user)
	case one:
		s.user(w, id, user)
	case path == "/groups":
		list(s.Orgs, named)
	case path == "/applications":
		list([]string{"app1"}, named)
	case path == "/applications/app1/extensionProperties":
		list([]string{"e1"}, named)
	default:
		AnswerJSON(w, 404, map[string]any{"error": map[string]any{"code": "Request_ResourceNotFound"}})
	}
}
