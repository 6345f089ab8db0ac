package sandbox

import (
	"encoding/json"
	"iter"
	"maps"
	"strings"
)

func mapsKeys[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }

type propertyValue struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Description *string `json:"description"`
	Key         string  `json:"key"`
	Value       *string `json:"value"`
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (t *Tenant) getUserPropertyValues(c *call) response {
	return t.read(func() response {
		u := t.userByID(c.path[0])
		if u == nil {
			return userUnknown()
		}
		out := struct {
			Code       string          `json:"code"`
			Message    string          `json:"message"`
			Properties []propertyValue `json:"properties"`
			NextToken  any             `json:"next_token,omitempty"`
		}{"OK", "Success", []propertyValue{}, nil}
		for _, p := range u.properties {
			if d := t.properties.byID[p.key]; d != nil {
				value := p.value
				out.Properties = append(out.Properties, propertyValue{d.ID, d.Name, optional(d.Description), d.Key, &value})
			}
		}
		return okay(out)
	})
}

func propertyUnknown(key string) apiError {
	return apiError{"PROPERTY_NOT_FOUND", "There is no user property with the key " + key + "."}
}

func (t *Tenant) updateUserProperties(c *call) response {
	var body struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	if body.Properties == nil {
		return invalid("INVALID_REQUEST_BODY", "properties is required.")
	}
	return t.change(func(ch *change) response {
		u := t.userByID(c.path[0])
		if u == nil {
			return userUnknown()
		}
		var wrong []apiError
		values := make([]pair, 0, len(body.Properties))
		for key, raw := range body.Properties {
			d := t.properties.byKey["usr."+key]
			if d == nil {
				wrong = append(wrong, propertyUnknown(key))
				continue
			}
			value, ok := scalar(raw)
			if !ok {
				wrong = append(wrong, apiError{"INVALID_PROPERTY_VALUE", "The value of " + key + " is not text."})
			}
			values = append(values, pair{d.ID, value})
		}
		if len(wrong) > 0 {
			return response{status: 400, body: errorList{wrong}}
		}
		for _, v := range values {
			u.properties = setPair(u.properties, v.key, v.value)
		}
		ch.touch(u)
		return done("Properties successfully updated.")
	})
}

// scalar reads a property's value, which is text; numbers and booleans are
// taken as they are written, null empties the property.
func scalar(raw json.RawMessage) (string, bool) {
	text := strings.TrimSpace(string(raw))
	switch {
	case text == "null":
		return "", true
	case strings.HasPrefix(text, `"`):
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err == nil
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		return "", false
	}
	return text, true
}

func (t *Tenant) updateUserProperty(c *call) response {
	if !c.query.Has("value") {
		return invalid("INVALID_PARAMETER", "value is required.")
	}
	return t.change(func(ch *change) response {
		u := t.userByID(c.path[0])
		if u == nil {
			return userUnknown()
		}
		d := t.properties.byKey["usr."+c.path[1]]
		if d == nil {
			return response{status: 400, body: errorList{[]apiError{propertyUnknown(c.path[1])}}}
		}
		u.properties = setPair(u.properties, d.ID, c.query.Get("value"))
		ch.touch(u)
		return done("Property successfully updated.")
	})
}
