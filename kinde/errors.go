package kinde

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/operation"
)

// Class says what can be done about an error.
type Class uint8

const (
	// ClassNone is the class of no error.
	ClassNone Class = iota
	// ClassRetry is a 5xx, a timeout or a lost connection. As the class of a
	// returned error it means that the client tried again and gave up on this
	// request while the tenant served others; a later run may succeed.
	ClassRetry
	// ClassFinal is a request that the tenant will not accept however often
	// it is sent.
	ClassFinal
	// ClassAuth means that the credentials were refused or a scope is missing.
	// The run can't go on.
	ClassAuth
	// ClassThrottled is a 429. Returned only when throttling outlasted
	// Config.MaxWait.
	ClassThrottled
	// ClassInDoubt is a request that must not be repeated blindly and whose
	// answer was lost: the tenant may or may not have acted.
	ClassInDoubt
	// ClassNotFound is final, too: by the API's own word the user, organization
	// or definition that the request names is not there. For a user, see Gone.
	ClassNotFound
	// ClassUnreachable means that nothing got through to the tenant for
	// Config.StartWait at the start or Config.MaxWait later. The request had
	// no effect or may be repeated; the run can't go on.
	ClassUnreachable
	// ClassStopped means that ctx ended before the request was sent, or that a
	// repeatable request was cut off by the end of ctx.
	ClassStopped
)

var classNames = [...]string{"none", "retry", "final", "auth", "throttled", "in doubt", "not found", "unreachable", "stopped"}

// String returns the name of the class in lower case.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return fmt.Sprintf("class %d", uint8(c))
}

// Error is a request that did not succeed. It holds neither tokens nor
// anything of the request's body.
type Error struct {
	Operation string // Kinde's operation id, or "oauth2/token"
	Method    string
	Status    int // HTTP status, 0 when no answer came
	Class     Class
	Code      string // the tenant's first error code, "" when it gave none
	Message   string // readable, one line, never empty
	Scope     string // ClassAuth: the scope that the operation needs
	Tries     int    // how often the request was sent
	Err       error  // the transport's error, nil when an answer came

	hold time.Duration // what the token endpoint asked to wait
}

// ErrExists is what a refusal is, by errors.Is, when it names a duplicate: the
// user, identity or definition that was to be created is there already.
var ErrExists = errors.New("it exists already")

// Is tells whether the refusal is ErrExists. The vendor documents no codes;
// these are the words that duplicates are described with.
func (e *Error) Is(target error) bool {
	if target != ErrExists {
		return false
	}
	text := strings.ToLower(e.Code + " " + e.Message)
	for _, word := range []string{"exist", "taken", "duplicate", "already", "in use", "conflict", "unique"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return e.Status == http.StatusConflict
}

// Error renders the error on one line, without the e-mail addresses and phone
// numbers that the tenant's message may repeat: it is printed and logged, where
// nothing personal belongs. Message holds them.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Operation == operation.Token {
		b.WriteString("asking for a token: ")
	} else {
		b.WriteString(e.Operation + ": ")
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, "%d ", e.Status)
	}
	if e.Code != "" && !strings.Contains(e.Message, e.Code) {
		b.WriteString(impersonal(e.Code))
		b.WriteString(": ")
	}
	b.WriteString(impersonal(e.Message))
	if e.Class == ClassAuth && e.Scope != "" {
		fmt.Fprintf(&b, " (needs the scope %s)", e.Scope)
	}
	return b.String()
}

var (
	addressLike = regexp.MustCompile(`[^\s"'<>()\[\]{},;:=/?&]+(?:@|%40)[^\s"'<>()\[\]{},;:=/?&]*[^\s"'<>()\[\]{},;:=/?&.]`)
	phoneLike   = regexp.MustCompile(`\+[0-9](?:[ ().-]{0,2}[0-9]){6,14}`)
)

// impersonal puts a word in the place of each e-mail address and phone number.
func impersonal(message string) string {
	return phoneLike.ReplaceAllString(addressLike.ReplaceAllString(message, "[address]"), "[number]")
}

// Unwrap returns the transport's error.
func (e *Error) Unwrap() error { return e.Err }

// ClassOf returns the class of err, ClassNone for nil and ClassFinal for an
// error that is not of this package.
func ClassOf(err error) Class {
	if err == nil {
		return ClassNone
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return ClassFinal
}
