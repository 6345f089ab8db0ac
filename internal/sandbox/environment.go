package sandbox

import (
	"strconv"
	"strings"
)

type environmentRecord struct {
	Code        string  `json:"code"`
	Name        string  `json:"name"`
	Default     bool    `json:"is_default"`
	Live        bool    `json:"is_live"`
	KindeDomain string  `json:"kinde_domain"`
	Custom      *string `json:"custom_domain"`
	ThemeCode   string  `json:"theme_code"`
	ColorScheme string  `json:"color_scheme"`
	CreatedOn   string  `json:"created_on"`
}

func (t *Tenant) getEnvironment(*call) response {
	return okay(struct {
		Code        string            `json:"code"`
		Message     string            `json:"message"`
		Environment environmentRecord `json:"environment"`
	}{"OK", "Success", environmentRecord{
		Code: t.head.Environment, Name: t.opt.Name, Default: true, Live: t.opt.Live, KindeDomain: t.BaseURL(),
		ThemeCode: "user_preference", ColorScheme: "light dark", CreatedOn: stampOf(t.head.Created),
	}})
}

// accept reads a value of the flag's type. Integers are of 32 bits and
// decimals are cut. Source: Kinde's pages on feature flags.
func (f *flag) accept(value string) (string, bool) {
	switch f.Type {
	case "bool":
		v := strings.ToLower(value)
		return v, v == "true" || v == "false"
	case "int":
		whole, _, _ := strings.Cut(value, ".")
		_, err := strconv.ParseInt(whole, 10, 32)
		return whole, err == nil
	}
	return value, true
}

// flagShown is a flag in a list. The description has the value as text.
type flagShown struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

func (t *Tenant) getEnvironmentFeatureFlags(*call) response {
	return t.read(func() response {
		out := map[string]flagShown{}
		for _, f := range t.flags.list {
			out[f.Key] = flagShown{f.Type, f.Default}
		}
		return okay(struct {
			Code      string `json:"code"`
			Message   string `json:"message"`
			Flags     any    `json:"feature_flags"`
			NextToken any    `json:"next_token,omitempty"`
		}{"OK", "Success", out, nil})
	})
}

func (t *Tenant) createFeatureFlag(c *call) response {
	var body struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Key         string `json:"key"`
		Type        string `json:"type"`
		Level       string `json:"allow_override_level"`
		Default     string `json:"default_value"`
	}
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	f := &flag{Key: body.Key, Name: body.Name, Description: body.Description, Type: body.Type, Level: body.Level}
	if f.Level == "" {
		f.Level = "env"
	}
	value, ok := f.accept(body.Default)
	f.Default = value
	switch {
	case f.Key == "" || f.Name == "":
		return invalid("INVALID_REQUEST_BODY", "name and key are required.")
	case f.Type != "str" && f.Type != "int" && f.Type != "bool":
		return invalid("INVALID_TYPE", "type is str, int or bool.")
	case f.Level != "env" && f.Level != "org" && f.Level != "usr":
		return invalid("INVALID_OVERRIDE_LEVEL", "allow_override_level is env, org or usr.")
	case !ok:
		return invalid("INVALID_DEFAULT_VALUE", "default_value is not of the flag's type.")
	}
	return t.change(func(ch *change) response {
		if t.flags.byKey[f.Key] != nil {
			return invalid("FEATURE_FLAG_EXISTS", "There is a feature flag with this key.")
		}
		f.ID = t.drawText("flag_")
		t.flags.put(f)
		ch.define(f)
		return response{status: 201, body: success{"Feature flag successfully created", "OK"}}
	})
}

func (t *Tenant) deleteFeatureFlag(c *call) response {
	return t.change(func(ch *change) response {
		f := t.flags.byKey[c.path[0]]
		if f == nil {
			return invalid("FEATURE_FLAG_NOT_FOUND", "There is no feature flag with this key.")
		}
		t.flags.remove(f.ID)
		ch.undefine("flag", f.ID)
		return done("Feature flag successfully deleted.")
	})
}

func (t *Tenant) updateUserFeatureFlag(c *call) response {
	if !c.query.Has("value") {
		return invalid("INVALID_PARAMETER", "value is required.")
	}
	return t.change(func(ch *change) response {
		u := t.userByID(c.path[0])
		if u == nil {
			return userUnknown()
		}
		f := t.flags.byKey[c.path[1]]
		if f == nil {
			return invalid("FEATURE_FLAG_NOT_FOUND", "There is no feature flag with this key.")
		}
		if f.Level != "usr" {
			return invalid("OVERRIDE_NOT_ALLOWED", "This feature flag may not be overridden for users.")
		}
		value, ok := f.accept(c.query.Get("value"))
		if !ok {
			return invalid("INVALID_VALUE", "The value is not of the flag's type.")
		}
		u.flags = setPair(u.flags, f.ID, value)
		ch.touch(u)
		return done("Feature flag override successfully updated.")
	})
}
