package sandbox

import (
	"encoding/json"
	"iter"
	"strings"
)

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
		return t.propertyValues(func(yield func(id, value string) bool) {
			for _, p := range u.properties {
				if !yield(p.key, p.value) {
					return
				}
			}
		})
	})
}

// propertyValues shows values by the ids of their properties.
func (t *Tenant) propertyValues(values iter.Seq2[string, string]) response {
	out := struct {
		Code       string          `json:"code"`
		Message    string          `json:"message"`
		Properties []propertyValue `json:"properties"`
		NextToken  any             `json:"next_token,omitempty"`
	}{"OK", "Success", []propertyValue{}, nil}
	for id, value := range values {
		if d := t.properties.byID[id]; d != nil {
			out.Properties = append(out.Properties, propertyValue{d.ID, d.Name, optional(d.Description), d.Key, &value})
		}
	}
	return okay(out)
}

func propertyUnknown(key string) apiError {
	return apiError{"PROPERTY_NOT_FOUND", "There is no property with the key " + key + "."}
}

func (t *Tenant) updateUserProperties(c *call) response {
	given, bad := c.properties()
	if bad != nil {
		return *bad
	}
	return t.change(func(ch *change) response {
		u := t.userByID(c.path[0])
		if u == nil {
			return userUnknown()
		}
		values, bad := t.propertyPairs("usr.", given)
		if bad != nil {
			return *bad
		}
		for _, v := range values {
			u.properties = setPair(u.properties, v.key, v.value)
		}
		ch.touch(u)
		return done("Properties successfully updated.")
	})
}

// properties reads the body of the operations that set several properties.
func (c *call) properties() (map[string]json.RawMessage, *response) {
	var body struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	bad := c.decode(&body)
	if bad == nil && body.Properties == nil {
		r := invalid("INVALID_REQUEST_BODY", "properties is required.")
		bad = &r
	}
	return body.Properties, bad
}

// propertyPairs turns keys and values of a context into ids and values.
func (t *Tenant) propertyPairs(context string, given map[string]json.RawMessage) ([]pair, *response) {
	var wrong []apiError
	values := make([]pair, 0, len(given))
	for key, raw := range given {
		d := t.properties.byKey[context+key]
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
		return nil, &response{status: 400, body: errorList{wrong}}
	}
	return values, nil
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
