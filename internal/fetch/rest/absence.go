package rest

import (
	"bytes"
	"errors"
	"net/http"
)

// absent tells that the provider itself says that something is not there. A gateway
// answers 404, too, but not with a document of the provider's.
func absent(err error) bool {
	var s *statusError
	return errors.As(err, &s) && s.own && (s.status == http.StatusNotFound || s.status == http.StatusGone)
}

// expired tells that a refusal may be about the cursor of a request that had one: the
// list is begun again then, and a refusal that is about something else comes once more.
func expired(err error) bool {
	var s *statusError
	if !errors.As(err, &s) {
		return false
	}
	switch s.status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusGone, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// isDocument tells a JSON object from a proxy's page.
func isDocument(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) }
