package cli

import (
	"net"
	"net/url"
	"strings"
)

// baseURL turns what a person calls the tenant into its base URL. Plain http is
// for a tenant on this machine only: a token must not cross a network in clear.
func baseURL(domain string) (string, error) {
	raw := strings.TrimRight(strings.TrimSpace(domain), "/")
	if raw == "" {
		return "", usagef("set KINDE_DOMAIN or --domain, or try it with --sandbox", "no tenant is named")
	}
	if !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", usagef("name it like acme.kinde.com", "%q is not the domain of a tenant", redactURL(domain))
	}
	if u.Path == "/api" || u.Path == "/api/v1" {
		u.Path = ""
	}
	if u.Path != "" && u.Path != "/" {
		return "", usagef("name it like acme.kinde.com, without a path", "%q is not the domain of a tenant", domain)
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	switch u.Scheme {
	case "https":
	case "http":
		if !loopback(u.Hostname()) {
			return "", usagef("use https://"+u.Host, "%s would send credentials in clear: http is for this machine only", raw)
		}
	default:
		return "", usagef("use https://", "%q is not a scheme for a tenant", u.Scheme)
	}
	if u.Scheme == "https" {
		u.Host = strings.TrimSuffix(u.Host, ":443")
	} else {
		u.Host = strings.TrimSuffix(u.Host, ":80")
	}
	return u.Scheme + "://" + u.Host, nil
}

// redactURL hides what a URL may carry before its host.
func redactURL(raw string) string {
	if i := strings.LastIndex(raw, "@"); i >= 0 {
		return "…" + raw[i:]
	}
	return raw
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// sameOrigin tells whether two names mean the same tenant.
func sameOrigin(a, b string) bool {
	x, err1 := baseURL(a)
	y, err2 := baseURL(b)
	return err1 == nil && err2 == nil && x == y
}
