package cli

import (
	"net/url"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// BaseURL turns what a person calls the tenant into its base URL.
func BaseURL(domain string) (string, error) {
	if domain == "" {
		return "", Usagef("set KINDE_DOMAIN or --domain, or rehearse with --sandbox", "no tenant is chosen")
	}
	u, err := kinde.ParseBaseURL(domain)
	if err != nil {
		if _, meant, ok := strings.Cut(err.Error(), "; did you mean "); ok {
			what, _, _ := strings.Cut(err.Error(), "; did you mean ")
			return "", Usagef("did you mean "+meant, "reading the tenant's domain: %s", what)
		}
		return "", Usagef("give only the host of the tenant, like acme.kinde.com", "reading the tenant's domain: %w", err)
	}
	return string(u), nil
}

// sameOrigin tells whether two names mean the same tenant.
func sameOrigin(a, b string) bool {
	x, err1 := BaseURL(a)
	y, err2 := BaseURL(b)
	return err1 == nil && err2 == nil && x == y
}

// customDomainAdvice is for a tenant that is called by a name of its own.
const customDomainAdvice = "set KINDE_DOMAIN to a domain like acme.kinde.com: the Management API needs the Kinde domain, not a custom domain"

// customDomain tells whether an address may be the domain under which people sign
// in, which does not serve the Management API.
func customDomain(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Scheme == "https" && !strings.HasSuffix(u.Hostname(), ".kinde.com")
}
