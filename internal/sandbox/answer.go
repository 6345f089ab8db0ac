package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"
)

// response is an answer that has not been encoded yet. Encoding happens after
// the tenant's lock is released, so body holds copies only.
type response struct {
	status int
	body   any
	header http.Header
}

// apiError is an element of the errors list. Source: schema "error".
type apiError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

type errorList struct {
	Errors []apiError `json:"errors"`
}

// success is the body of most writes. Source: schema "success_response".
type success struct {
	Message string `json:"message"`
	Code    string `json:"code"`
}

func failure(status int, code, message string) response {
	return response{status: status, body: errorList{[]apiError{{code, message}}}}
}

func invalid(code, message string) response { return failure(http.StatusBadRequest, code, message) }

func done(message string) response {
	return response{status: http.StatusOK, body: success{message, "OK"}}
}

func okay(body any) response { return response{status: http.StatusOK, body: body} }

// notFound is the answer of the operations whose description has a 404; its
// errors are an object there. Source: schema "not_found_response".
func notFound(code, message string) response {
	return response{status: http.StatusNotFound, body: map[string]apiError{"errors": {code, message}}}
}

// decode reads the request's body into v; anything but an object of the
// expected types is refused.
func (c *call) decode(v any) *response {
	if len(bytes.TrimSpace(c.body)) == 0 {
		c.body = []byte("{}")
	}
	if err := json.Unmarshal(c.body, v); err != nil {
		r := invalid("INVALID_REQUEST_BODY", "The request body is not the JSON that this operation takes.")
		return &r
	}
	return nil
}

// stamp prints a time as the API does; a time that never was is null.
func stamp(nanoseconds int64) *string {
	if nanoseconds == 0 {
		return nil
	}
	s := stampOf(nanoseconds)
	return &s
}

func stampOf(nanoseconds int64) string {
	return time.Unix(0, nanoseconds).UTC().Format("2006-01-02T15:04:05.000000Z07:00")
}
