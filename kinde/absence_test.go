package kinde_test

import (
	"testing"
	"testing/synctest"

	_ "github.com/kinde-migrate/kinde-migrate/internal/testenv"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

const userAbsent = `{"errors":{"code":"USER_NOT_FOUND","message":"no such user"}}`

// TestAbsence says which answers prove that a user is not there. What only looks
// like that is a failure that a later run takes up again.
func TestAbsence(t *testing.T) {
	for _, tt := range []struct {
		name     string
		answer   step
		want     kinde.Class
		requests int
	}{
		{"an object of errors", says(404, userAbsent), kinde.ClassNotFound, 1},
		{"a list of errors", says(400, `{"errors":[{"code":"USER_NOT_FOUND","message":"x"}]}`), kinde.ClassNotFound, 1},
		{"the code of getUserData", says(400, `{"errors":[{"code":"USER_INVALID","message":"x"}]}`), kinde.ClassNotFound, 1},
		{"the code of a membership", says(400, `{"errors":[{"code":"USER_NOT_IN_ORGANIZATION","message":"x"}]}`), kinde.ClassNotFound, 1},
		{"empty", says(404, ""), kinde.ClassRetry, 3},
		{"a gateway's page", says(404, "<html><title>404 Not Found</title></html>", "Content-Type", "text/html"), kinde.ClassRetry, 3},
		{"text", says(404, "404 page not found", "Content-Type", "text/plain"), kinde.ClassRetry, 3},
		{"other JSON", says(404, `{"message":"no Route matched with those values"}`), kinde.ClassRetry, 3},
		{"other JSON with a code", says(404, `{"code":"NOT_FOUND","message":"x"}`), kinde.ClassRetry, 3},
		{"an error without a code", says(404, `{"errors":[{"message":"not found"}]}`), kinde.ClassRetry, 3},
		{"no route", says(404, `{"errors":{"code":"ROUTE_NOT_FOUND","message":"x"}}`), kinde.ClassRetry, 3},
		{"410", says(410, ""), kinde.ClassRetry, 3},
		{"410 with a body", says(410, userAbsent), kinde.ClassFinal, 1},
		{"another complaint", says(400, `{"errors":[{"code":"ID_REQUIRED","message":"x"}]}`), kinde.ClassFinal, 1},
		{"two complaints", says(400, `{"errors":[{"code":"USER_NOT_FOUND"},{"code":"ID_REQUIRED"}]}`), kinde.ClassFinal, 1},
		{"400 of a gateway", says(400, "<html>user not found</html>"), kinde.ClassFinal, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript(tt.answer)
				err := newClient(t, s).DeleteUser(background(), "kp_1", false)
				if got := kinde.ClassOf(err); got != tt.want || s.count() != tt.requests {
					t.Errorf("class %v after %d requests, want %v after %d: %v", got, s.count(), tt.want, tt.requests, err)
				}
			})
		})
	}
}

// TestAbsenceOfNobodyNamed: what a list or a create complains about is not there
// is not what the request is about.
func TestAbsenceOfNobodyNamed(t *testing.T) {
	c := newClient(t, newScript(says(400, `{"errors":[{"code":"ORGANIZATION_NOT_FOUND","message":"x"}]}`)))
	if _, err := c.CreateUser(background(), ana()); kinde.ClassOf(err) != kinde.ClassFinal {
		t.Errorf("createUser: %v", err)
	}
	for _, err := range c.GetUsers(background(), kinde.GetUsersRequest{UserIDs: []string{"kp_1"}}) {
		if kinde.ClassOf(err) != kinde.ClassFinal {
			t.Errorf("getUsers: %v", err)
		}
	}
}

// TestStrayCreate: a create that something before the API answered may have got through.
func TestStrayCreate(t *testing.T) {
	s := newScript(says(404, "<html>404</html>"))
	if _, err := newClient(t, s).CreateUser(background(), ana()); kinde.ClassOf(err) != kinde.ClassInDoubt || s.count() != 1 {
		t.Errorf("after %d requests: %v", s.count(), err)
	}
}

func TestGone(t *testing.T) {
	user := says(200, `{"id":"kp_1"}`)
	for _, tt := range []struct {
		name           string
		answer, lookUp step
		gone           bool
		class          kinde.Class
	}{
		{"both say so", says(400, userAbsent), says(404, userAbsent), true, kinde.ClassNone},
		{"the look-up shows the user", says(404, userAbsent), user, false, kinde.ClassNotFound},
		{"the look-up is no answer", says(404, userAbsent), says(404, "<html>404</html>"), false, kinde.ClassRetry},
		{"the answer is none", says(404, "<html>404</html>"), says(404, userAbsent), false, kinde.ClassRetry},
		{"another refusal", says(400, `{"errors":[{"code":"NOT_TODAY"}]}`), says(404, userAbsent), false, kinde.ClassFinal},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				failed := newClient(t, newScript(tt.answer)).DeleteUser(background(), "kp_1", false)
				gone, err := kinde.Gone(background(), newClient(t, newScript(tt.lookUp)), "kp_1", failed)
				if gone != tt.gone || kinde.ClassOf(err) != tt.class {
					t.Errorf("gone %v, %v", gone, err)
				}
			})
		})
	}
}

// TestEnvironmentThatIsNotSaid: whoever does not say what they are counts as live.
func TestEnvironmentThatIsNotSaid(t *testing.T) {
	e, err := newClient(t, newScript(says(404, `{"errors":{"code":"ROUTE_NOT_FOUND","message":"x"}}`))).GetEnvironment(background())
	if err != nil || !e.IsLive {
		t.Errorf("%+v, %v", e, err)
	}
	synctest.Test(t, func(t *testing.T) {
		if _, err := newClient(t, newScript(says(404, "<html>404</html>"))).GetEnvironment(background()); kinde.ClassOf(err) != kinde.ClassRetry {
			t.Errorf("a gateway's 404: %v", err)
		}
	})
}
