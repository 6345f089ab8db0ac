package sandbox

import "net/http"

func (t *Tenant) serveSignIn(w http.ResponseWriter, r *http.Request) {
	t.write(w, notFound("ROUTE_NOT_FOUND", ""))
}
