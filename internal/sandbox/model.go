package sandbox

import (
	"encoding/hex"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// uid is the random part of an id. Keeping sixteen bytes instead of the
// printed form is what lets a million users fit in memory.
type uid [16]byte

const (
	userPrefix     = "kp_"
	identityPrefix = "identity_"
)

func (u uid) text(prefix string) string {
	var b [48]byte
	n := copy(b[:], prefix)
	hex.Encode(b[n:], u[:])
	return string(b[:n+32])
}

func parseUID(prefix, s string) (u uid, ok bool) {
	rest, found := strings.CutPrefix(s, prefix)
	if !found || len(rest) != 32 {
		return u, false
	}
	_, err := hex.Decode(u[:], []byte(rest))
	return u, err == nil
}

type identityKind uint8

const (
	kindEmail identityKind = iota + 1
	kindPhone
	kindUsername
	kindSocial
	kindEnterprise
)

var kindNames = [...]string{
	kindEmail:      "email",
	kindPhone:      "phone",
	kindUsername:   "username",
	kindSocial:     "social",
	kindEnterprise: "enterprise",
}

func parseKind(s string) (identityKind, bool) {
	for k, name := range kindNames {
		if name != "" && name == s {
			return identityKind(k), true
		}
	}
	return 0, false
}

// identity is one way in. Its key is unique in the tenant.
type identity struct {
	id         uid
	kind       identityKind
	verified   bool
	primary    bool
	national   bool // shown in national form
	value      string
	country    string
	connection string // id of the connection, social and enterprise only
	created    int64  // Unix nanoseconds, as all times here
	lastLogin  int64
	logins     int
	user       *user
}

// key is what must be unique: e-mail and username without regard to case, a
// phone number by its digits, the others by connection and value.
func identityKey(kind identityKind, connection, value string) string {
	switch kind {
	case kindEmail:
		return "e" + compare.Fold("email", value)
	case kindPhone:
		return "p" + value
	case kindUsername:
		return "u" + compare.Fold("username", value)
	case kindSocial:
		return "s" + connection + "\x00" + value
	default:
		return "x" + connection + "\x00" + compare.Fold("email", value)
	}
}

func (i *identity) key() string { return identityKey(i.kind, i.connection, i.value) }

// pair is a stored value of a property or flag; key is the definition's id, so
// that a definition that was removed takes its values along.
type pair struct{ key, value string }

func setPair(list []pair, key, value string) []pair {
	for i := range list {
		if list[i].key == key {
			list[i].value = value
			return list
		}
	}
	return append(list, pair{key, value})
}

type membership struct {
	org         *organization
	user        *user
	joined      int64
	seq         uint64
	roles       []string // role ids
	permissions []string // permission ids
	scopes      []string // ids of scopes of APIs
}

type user struct {
	id             uid
	seq            uint64
	providedID     string
	given, family  string
	picture        string
	created        int64
	lastSignIn     int64
	signIns        int32
	failedSignIns  int32
	suspended      bool
	resetRequested bool
	refreshed      int32
	identities     []*identity
	properties     []pair
	flags          []pair
	password       *password.Body
	memberships    []*membership
	extra          *userExtra // sessions and factors, which few users have
}

type userExtra struct {
	sessions []session
	factors  []factor
}

type session struct {
	ID         string `json:"session_id"`
	Org        string `json:"org_code,omitempty"`
	Connection string `json:"connection_id,omitempty"`
	Started    int64  `json:"started"`
	Expires    int64  `json:"expires"`
}

type factor struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Name     string `json:"name"`
	Created  int64  `json:"created"`
	Verified bool   `json:"verified"`
	Uses     int    `json:"uses"`
	LastUsed int64  `json:"last_used,omitempty"`
}

// primary is the user's identity of that kind that lists and tokens show.
func (u *user) primary(kind identityKind) string {
	first := ""
	for _, i := range u.identities {
		if i.kind != kind {
			continue
		}
		if i.primary {
			return i.shown()
		}
		if first == "" {
			first = i.shown()
		}
	}
	return first
}

// email is the preferred address; an enterprise identity is an address too.
func (u *user) email() string {
	if e := u.primary(kindEmail); e != "" {
		return e
	}
	return u.primary(kindEnterprise)
}

func (u *user) membership(o *organization) *membership {
	for _, m := range u.memberships {
		if m.org == o {
			return m
		}
	}
	return nil
}

func (u *user) has(kind identityKind) bool {
	for _, i := range u.identities {
		if i.kind == kind {
			return true
		}
	}
	return false
}

type organization struct {
	Seq        uint64 `json:"seq"`
	Code       string `json:"code"`
	Name       string `json:"name"`
	Handle     string `json:"handle,omitempty"`
	ExternalID string `json:"external_id,omitempty"`
	Default    bool   `json:"default,omitempty"`
	AutoJoin   bool   `json:"auto_join,omitempty"`
	Suspended  bool   `json:"suspended,omitempty"`
	Created    int64  `json:"created"`
	Sender     string `json:"sender_name,omitempty"`
	SenderMail string `json:"sender_email,omitempty"`

	Flags      map[string]string `json:"flags,omitempty"`      // by flag key
	Properties map[string]string `json:"properties,omitempty"` // by property id

	members ordered[membership]
}

type role struct {
	ID          string   `json:"id"`
	Key         string   `json:"key"`
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Default     bool     `json:"default,omitempty"`
	Permissions []string `json:"permissions,omitempty"` // permission ids
}

type permission struct {
	ID          string `json:"id"`
	Key         string `json:"key"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

type property struct {
	ID          string `json:"id"`
	Key         string `json:"key"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Type        string `json:"type"`
	Context     string `json:"context"`
	Private     bool   `json:"private,omitempty"`
	Kinde       bool   `json:"kinde,omitempty"`
	Category    string `json:"category"`
}

type category struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Context string `json:"context"`
}

type connection struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"display_name"`
	Strategy    string `json:"strategy"`
	Domains     string `json:"domains,omitempty"`
}

// enterprise tells a connection to a company's own directory from a social one.
func (c *connection) enterprise() bool {
	switch {
	case strings.HasPrefix(c.Strategy, "saml:"), strings.HasPrefix(c.Strategy, "wsfed:"):
		return true
	default:
		return c.Strategy == "oauth2:azure_ad"
	}
}

type flag struct {
	ID          string `json:"id"`
	Key         string `json:"key"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Type        string `json:"type"`
	Level       string `json:"level"`
	Default     string `json:"default"`
}

type webhook struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Endpoint    string   `json:"endpoint"`
	Description string   `json:"description,omitempty"`
	Events      []string `json:"events"`
	Created     int64    `json:"created"`
}
