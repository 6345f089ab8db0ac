package kinde

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

var encoding = json.JoinOptions(json.Deterministic(true))

// decoding takes what tenants answer rather than what the description
// promises: any scalar for a string, a number or a boolean, dates of several
// spellings, and nothing at all for anything.
var decoding = json.JoinOptions(
	jsontext.AllowDuplicateNames(true),
	jsontext.AllowInvalidUTF8(true),
	json.WithUnmarshalers(json.JoinUnmarshalers(
		json.UnmarshalFromFunc(decodeString),
		json.UnmarshalFromFunc(decodeInt),
		json.UnmarshalFromFunc(decodeBool),
		json.UnmarshalFromFunc(decodeTime),
	)),
)

func unmarshal(b []byte, out any) error {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	return json.Unmarshal(b, out, decoding)
}

func decodeString(d *jsontext.Decoder, s *string) error {
	text, err := scalar(d)
	if err == nil {
		*s = text
	}
	return err
}

func decodeInt(d *jsontext.Decoder, n *int) error {
	text, err := scalar(d)
	if err != nil {
		return err
	}
	*n = 0
	if i, err := strconv.Atoi(strings.TrimSpace(text)); err == nil {
		*n = i
	} else if f, err := strconv.ParseFloat(text, 64); err == nil && f > -1e15 && f < 1e15 {
		*n = int(f)
	}
	return nil
}

func decodeBool(d *jsontext.Decoder, b *bool) error {
	text, err := scalar(d)
	if err != nil {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "1", "yes":
		*b = true
	default:
		*b = false
	}
	return nil
}

func decodeTime(d *jsontext.Decoder, t *time.Time) error {
	text, err := scalar(d)
	if err == nil {
		*t = parseTime(text)
	}
	return err
}

// scalar reads the next value as text: a string's content, a number's or
// boolean's spelling, "" for null. Of an object that stands for a name, such
// as {"code":"org_1"}, it takes the name; other values as compact JSON.
func scalar(d *jsontext.Decoder) (string, error) {
	switch d.PeekKind() {
	case '"', '0', 't', 'f':
		t, err := d.ReadToken()
		if err != nil {
			return "", err
		}
		return t.String(), nil
	case 'n':
		_, err := d.ReadToken()
		return "", err
	}
	v, err := d.ReadValue()
	if err != nil {
		return "", err
	}
	if v.Kind() == '{' {
		var named struct {
			Code jsontext.Value `json:"code"`
			Key  jsontext.Value `json:"key"`
			ID   jsontext.Value `json:"id"`
		}
		if err := json.Unmarshal(v, &named, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err == nil {
			for _, name := range []jsontext.Value{named.Code, named.Key, named.ID} {
				if name.Kind() == '"' {
					if plain, err := jsontext.AppendUnquote(nil, name); err == nil {
						return string(plain), nil
					}
				}
			}
		}
	}
	v = v.Clone()
	if err := v.Compact(); err != nil {
		return "", err
	}
	return string(v), nil
}

var timeLayouts = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999-07",
	"2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04:05.999999999-0700",
	time.DateOnly,
	time.RFC1123,
}

// parseTime returns the zero time for what it doesn't understand. A time
// without a zone is in UTC.
func parseTime(s string) time.Time {
	s = strings.TrimSpace(s)
	if s == "" {
		return time.Time{}
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil && n > 1e8 {
		if n > 1e11 {
			n /= 1000
		}
		return time.Unix(int64(n), 0).UTC()
	}
	return time.Time{}
}

// oneOrMany is a list that may come as one object, as null, or as a map.
type oneOrMany[T any] []T

func (l *oneOrMany[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*l = []T{} // known to be empty, if it is
	switch d.PeekKind() {
	case '[':
		return json.UnmarshalDecode(d, (*[]T)(l))
	case '{':
		var one T
		if err := json.UnmarshalDecode(d, &one); err != nil {
			return err
		}
		*l = append(*l, one)
		return nil
	default:
		return d.SkipValue()
	}
}

// created is the answer of the operations that create a definition.
type created struct {
	Direct     string `json:"id"`
	Identity   withID `json:"identity"`
	Role       withID `json:"role"`
	Permission withID `json:"permission"`
	Property   withID `json:"property"`
	Category   withID `json:"category"`
}

type withID struct {
	ID string `json:"id"`
}

func (c created) id(w withID) string {
	if w.ID != "" {
		return w.ID
	}
	return c.Direct
}

// userWire is a user under any of the names that operations use.
type userWire struct {
	ID             string                  `json:"id"`
	ProvidedID     string                  `json:"provided_id"`
	Email          string                  `json:"email"`
	PreferredEmail string                  `json:"preferred_email"`
	Phone          string                  `json:"phone"`
	Username       string                  `json:"username"`
	FirstName      string                  `json:"first_name"`
	GivenName      string                  `json:"given_name"`
	LastName       string                  `json:"last_name"`
	FamilyName     string                  `json:"family_name"`
	Picture        string                  `json:"picture"`
	IsSuspended    bool                    `json:"is_suspended"`
	TotalSignIns   int                     `json:"total_sign_ins"`
	FailedSignIns  int                     `json:"failed_sign_ins"`
	LastSignedIn   time.Time               `json:"last_signed_in"`
	CreatedOn      time.Time               `json:"created_on"`
	Organizations  oneOrMany[string]       `json:"organizations"`
	Identities     oneOrMany[UserIdentity] `json:"identities"`
	Properties     propertyMap             `json:"properties"`
}

func (w *userWire) user() User {
	return User{
		ID: w.ID, ProvidedID: w.ProvidedID, Email: either(w.Email, w.PreferredEmail), Phone: w.Phone, Username: w.Username,
		FirstName: either(w.FirstName, w.GivenName), LastName: either(w.LastName, w.FamilyName), Picture: w.Picture,
		IsSuspended: w.IsSuspended, TotalSignIns: w.TotalSignIns, FailedSignIns: w.FailedSignIns,
		LastSignedIn: w.LastSignedIn, CreatedOn: w.CreatedOn,
		Organizations: w.Organizations, Identities: w.Identities, Properties: w.Properties,
	}
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// propertyMap is an object of keys and values, or a list of property values.
type propertyMap map[string]string

func (m *propertyMap) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*m = nil
	switch d.PeekKind() {
	case '{':
		return json.UnmarshalDecode(d, (*map[string]string)(m))
	case '[':
		var list []PropertyValue
		if err := json.UnmarshalDecode(d, &list); err != nil {
			return err
		}
		*m = make(map[string]string, len(list))
		for _, p := range list {
			(*m)[p.Key] = p.Value
		}
		return nil
	default:
		return d.SkipValue()
	}
}

// connectionWire is a connection, flat or wrapped.
type connectionWire struct {
	Connection
	Wrapped *Connection `json:"connection"`
}

func (w *connectionWire) connection() Connection {
	if w.Wrapped != nil {
		return *w.Wrapped
	}
	return w.Connection
}
