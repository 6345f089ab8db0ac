package kinde

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/loopback"
)

// BaseURL is the address of a tenant: scheme, host and perhaps a port, without a
// slash at the end. ParseBaseURL makes one of what people write.
type BaseURL string

// ParseBaseURL reads what people write for a tenant: "acme.kinde.com",
// "https://acme.kinde.com", or a loopback address with http for a local one.
// The result has a scheme, a host in lower case and perhaps a port; a tenant
// is identified by these three.
func ParseBaseURL(s string) (BaseURL, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", fmt.Errorf("the domain is empty; it looks like acme.kinde.com")
	}
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		// The parser's error repeats its input, which may hold credentials.
		return "", fmt.Errorf("the domain is not a valid URL; it looks like acme.kinde.com")
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	switch {
	case u.User != nil:
		return "", fmt.Errorf("the domain must not hold a name or a password")
	case slices.Contains(strings.Split(host, "."), "") || strings.ContainsAny(host, " \t/\\,;%@"):
		return "", fmt.Errorf("the domain %q has no valid host; it looks like acme.kinde.com", u.Host)
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("there is something after the host %q", u.Host)
	}
	scheme := strings.ToLower(u.Scheme)
	if scheme == "https" && !strings.ContainsAny(host, ".:") && !loopback.Host(host) {
		return "", fmt.Errorf("%q is not a whole domain; did you mean %s.kinde.com?", host, host)
	}
	switch scheme {
	case "https":
	case "http":
		if !loopback.Host(host) {
			return "", fmt.Errorf("http is allowed only for this machine; use https://%s", u.Host)
		}
	default:
		return "", fmt.Errorf("the domain starts with %q; use https", u.Scheme)
	}
	port := u.Port()
	if scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		port = ""
	}
	out := &url.URL{Scheme: scheme, Host: host}
	switch {
	case port != "":
		out.Host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		out.Host = "[" + host + "]"
	}
	return BaseURL(out.String()), nil
}
