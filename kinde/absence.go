package kinde

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/kinde-migrate/kinde-migrate/internal/operation"
)

// maxStray is how often a request is sent whose answers are not the API's own.
const maxStray = 3

// absent says whether an answer is the API's own word that what the request
// names is not there. A gateway or a proxy answers 404 or 410, too, while
// everybody is there behind it: its page is a failure and proves nothing.
func (t *try) absent(r *request) bool {
	codes := t.codes()
	return (t.status == http.StatusNotFound || t.status == http.StatusBadRequest) && len(codes) > 0 && r.names() &&
		!slices.ContainsFunc(codes, func(code string) bool { return !meansAbsent(code, r) })
}

// stray says whether an answer comes from something else than the API, such as
// a gateway that does not know the way to it.
func (t *try) stray() bool {
	if t.status != http.StatusNotFound && t.status != http.StatusGone {
		return false
	}
	codes := t.codes()
	return len(codes) == 0 || slices.Contains(codes, "ROUTE_NOT_FOUND")
}

// names tells whether the request is about one user, organization or
// definition, and not about a list of them or one that is yet to be.
func (r *request) names() bool {
	return len(r.path) > 0 || r.id != "" || r.op == operation.GetOrganization || r.op == operation.GetEnvironment
}

// meansAbsent tells whether a code says that what the request names is not
// there: the API has a code for each kind, and one of its own for the user of
// getUserData.
func meansAbsent(code string, r *request) bool {
	if code == "ROUTE_NOT_FOUND" {
		return r.op == operation.GetEnvironment
	}
	return code == "NOT_FOUND" || strings.HasSuffix(code, "_NOT_FOUND") || code == "USER_INVALID" || code == "INVALID_USER" ||
		strings.HasSuffix(code, "_NOT_IN_ORGANIZATION")
}

// codes returns the codes of the API's own error body, whose errors are a list
// or one object; none when the answer is anything else.
func (t *try) codes() (codes []string) {
	var w struct {
		Errors oneOrMany[struct {
			Code string `json:"code"`
		}] `json:"errors"`
	}
	b := bytes.TrimSpace(bytes.TrimPrefix(t.body, []byte("\xef\xbb\xbf")))
	if json.Unmarshal(b, &w, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) != nil {
		return nil
	}
	for _, e := range w.Errors {
		if e.Code == "" {
			return nil
		}
		codes = append(codes, e.Code)
	}
	return codes
}

// UserReader reads one user. A *Client is one.
type UserReader interface {
	GetUserData(ctx context.Context, id string, expand ...string) (User, error)
}

// Gone settles a failed request about a user: whether the user is not there any
// more. It takes the API's own word for that twice, in the answer that failed
// and in a look-up that agrees. Everything else is a failure, and returned: of
// the look-up where that has the more to say.
func Gone(ctx context.Context, t UserReader, id string, failed error) (bool, error) {
	if ClassOf(failed) != ClassNotFound {
		return false, failed
	}
	_, err := t.GetUserData(ctx, id)
	switch ClassOf(err) {
	case ClassNotFound:
		return true, nil
	case ClassNone:
		return false, failed
	}
	return false, err
}
