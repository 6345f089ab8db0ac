package cli

import (
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// BaseURL turns what a person calls the tenant into its base URL.
func BaseURL(domain string) (string, error) {
	if domain == "" {
		return "", Usagef("set KINDE_DOMAIN or --domain, or rehearse with --sandbox", "no tenant is named")
	}
	u, err := kinde.ParseBaseURL(domain)
	if err != nil {
		return "", Usagef("name the tenant like acme.kinde.com", "reading the tenant's domain: %w", err)
	}
	return string(u), nil
}

// sameOrigin tells whether two names mean the same tenant.
func sameOrigin(a, b string) bool {
	x, err1 := BaseURL(a)
	y, err2 := BaseURL(b)
	return err1 == nil && err2 == nil && x == y
}
