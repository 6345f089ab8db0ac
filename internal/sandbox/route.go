package sandbox

import (
	"net/http"
	"net/url"
	"strings"
)

// route is one operation of the API.
type route struct {
	operation string // Kinde's operation id
	method    string
	segments  []string // of the path behind /api/v1/; "*" is a parameter
	scope     string   // what the token has to allow
	handle    func(*Tenant, *call) response
}

// call is one request, read and routed.
type call struct {
	*http.Request
	route *route
	path  []string // the path's parameters, in order
	query url.Values
	body  []byte
}

func op(operation, method, path, scope string, handle func(*Tenant, *call) response) route {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if strings.HasPrefix(s, "{") {
			segments[i] = "*"
		}
	}
	return route{operation, method, segments, scope, handle}
}

// routesByLength finds the candidates of a path by its number of segments.
var routesByLength = func() map[int][]route {
	out := map[int][]route{}
	for _, r := range routes() {
		out[len(r.segments)] = append(out[len(r.segments)], r)
	}
	return out
}()

const apiPrefix = "/api/v1/"

// Operation returns Kinde's operation id of a request, "" for what is none of
// the API's.
func Operation(r *http.Request) string {
	found, _ := match(r.Method, r.URL.EscapedPath())
	if found == nil {
		return ""
	}
	return found.operation
}

// match finds the operation and the parameters of a request's path.
func match(method, escapedPath string) (*route, []string) {
	rest, ok := strings.CutPrefix(escapedPath, apiPrefix)
	if !ok {
		return nil, nil
	}
	segments := strings.Split(rest, "/")
	candidates := routesByLength[len(segments)]
next:
	for i := range candidates {
		r := &candidates[i]
		if r.method != method {
			continue
		}
		var params []string
		for k, want := range r.segments {
			if want == "*" {
				value, err := url.PathUnescape(segments[k])
				if err != nil || value == "" {
					continue next
				}
				params = append(params, value)
			} else if want != segments[k] {
				continue next
			}
		}
		return r, params
	}
	return nil, nil
}
