package cli

import (
	"errors"
	"fmt"
	"testing"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// The advice about custom domains is given only where something answered, and that
// was not the Management API.
func TestUnserved(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"no host of that name":       {&kinde.Error{Class: kinde.ClassUnreachable}, false},
		"a gateway's answers alone":  {&kinde.Error{Class: kinde.ClassUnreachable, Status: 502}, true},
		"a page that is not there":   {&kinde.Error{Class: kinde.ClassNotFound, Status: 404}, true},
		"credentials were refused":   {&kinde.Error{Class: kinde.ClassAuth, Status: 401}, true},
		"a scope is missing":         {&kinde.Error{Class: kinde.ClassAuth, Status: 403, Scope: "read:users"}, false},
		"another answer":             {&kinde.Error{Class: kinde.ClassFinal, Status: 200}, true},
		"the tenant is in trouble":   {&kinde.Error{Class: kinde.ClassFinal, Status: 500}, false},
		"throttled for too long":     {&kinde.Error{Class: kinde.ClassThrottled, Status: 429}, false},
		"nothing to do with tenants": {errors.New("the disk is full"), false},
	} {
		if got := unserved(fmt.Errorf("asking the tenant: %w", c.err)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestCustomDomain(t *testing.T) {
	for origin, want := range map[string]bool{
		"https://acme.kinde.com": false, "https://login.example.com": true, "http://127.0.0.1:8080": false, "https://kinde.com.example.com": true,
	} {
		if got := customDomain(origin); got != want {
			t.Errorf("%s: %v", origin, got)
		}
	}
}
