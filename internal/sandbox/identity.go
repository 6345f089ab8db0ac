package sandbox

import (
	"regexp"
	"sort"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
)

var (
	usernameForm = regexp.MustCompile(`^[A-Za-z0-9_-]{2,64}$`)
	phoneForm    = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	countryForm  = regexp.MustCompile(`^[A-Za-z]{2}$`)
)

// check holds the value against the tenant's rules.
func (i *identity) check() *response {
	code, message := "", ""
	switch i.kind {
	case kindEmail:
		if !emailForm(i.value) {
			code, message = "INVALID_EMAIL", "This is not an email address."
		}
	case kindPhone:
		if !phoneForm.MatchString(i.value) {
			code, message = "INVALID_PHONE", "A phone number starts with + and its country's number, and is made of digits."
		} else if i.country != "" && !countryForm.MatchString(i.country) {
			code, message = "INVALID_PHONE_COUNTRY", "phone_country_id is a country of two letters."
		}
	case kindUsername:
		if !usernameForm.MatchString(i.value) {
			code, message = "INVALID_USERNAME", "A username has 2 to 64 letters, digits, hyphens and underscores."
		}
	default:
		if strings.TrimSpace(i.value) == "" || len(i.value) > 512 {
			code, message = "INVALID_IDENTITY", "The identity has no value."
		} else if i.kind == kindEnterprise && !emailForm(i.value) {
			code, message = "INVALID_EMAIL", "An enterprise identity is an email address."
		}
	}
	if code == "" {
		return nil
	}
	r := invalid(code, message)
	return &r
}

// fromNational brings a number in the national form of its country into E.164,
// where it is one.
func (i *identity) fromNational() {
	if strings.HasPrefix(i.value, "+") {
		return
	}
	if n, err := phonenumbers.Parse(i.value, strings.ToUpper(i.country)); err == nil && phonenumbers.IsPossibleNumber(n) {
		i.value, i.national = phonenumbers.Format(n, phonenumbers.E164), true
	}
}

// shown is the value as answers hold it.
func (i *identity) shown() string {
	if i.national {
		return compare.National(i.value)
	}
	return i.value
}

func emailForm(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || domain == "" || len(s) > 254 || strings.Contains(domain, "@") {
		return false
	}
	if strings.ContainsAny(s, " \t\r\n\x00<>,;\"()[]\\") || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") ||
		strings.Contains(s, "..") {
		return false
	}
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") {
		return false
	}
	return strings.Contains(domain, ".")
}

func sortUsers(list []*user) {
	sort.Slice(list, func(a, b int) bool { return list[a].seq < list[b].seq })
}
