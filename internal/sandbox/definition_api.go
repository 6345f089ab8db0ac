package sandbox

import (
	"slices"
	"strings"
)

type shownProperty struct {
	ID          string `json:"id"`
	Key         string `json:"key"`
	Name        string `json:"name"`
	Private     bool   `json:"is_private"`
	Description string `json:"description"`
	Kinde       bool   `json:"is_kinde_property"`
}

// inContext filters definitions by the context that the query names.
func inContext[T any](c *call, list []*T, of func(*T) string, known ...string) ([]*T, *response) {
	want := c.query.Get("context")
	if want == "" {
		return list, nil
	}
	if !slices.Contains(known, want) {
		r := invalid("INVALID_CONTEXT", "context is one of "+strings.Join(known, ", ")+".")
		return nil, &r
	}
	var out []*T
	for _, item := range list {
		if of(item) == want {
			out = append(out, item)
		}
	}
	return out, nil
}

func (t *Tenant) getProperties(c *call) response {
	size, bad := t.pageSize(c)
	if bad != nil {
		return *bad
	}
	return t.read(func() response {
		all, bad := inContext(c, t.properties.list, func(p *property) string { return p.Context }, "usr", "org", "app")
		if bad != nil {
			return *bad
		}
		page, more, bad := pageAround(c, all, size, func(p *property) string { return p.ID })
		if bad != nil {
			return *bad
		}
		out := make([]shownProperty, len(page))
		for i, p := range page {
			out[i] = shownProperty{p.ID, p.Key, p.Name, p.Private, p.Description, p.Kinde}
		}
		return okay(struct {
			Code       string          `json:"code"`
			Message    string          `json:"message"`
			Properties []shownProperty `json:"properties"`
			More       bool            `json:"has_more"`
		}{"OK", "Success", out, more})
	})
}

func (t *Tenant) createProperty(c *call) response {
	var body struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Key         string `json:"key"`
		Type        string `json:"type"`
		Context     string `json:"context"`
		Private     *bool  `json:"is_private"`
		Category    string `json:"category_id"`
	}
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	switch {
	case strings.TrimSpace(body.Name) == "" || strings.TrimSpace(body.Key) == "" || body.Private == nil:
		return invalid("INVALID_REQUEST_BODY", "name, key and is_private are required.")
	case body.Type != "single_line_text" && body.Type != "multi_line_text":
		return invalid("INVALID_TYPE", "type is single_line_text or multi_line_text.")
	case body.Context != "usr" && body.Context != "org" && body.Context != "app":
		return invalid("INVALID_CONTEXT", "context is usr, org or app.")
	case strings.HasPrefix(body.Key, "kp_") || strings.HasPrefix(body.Key, "kp-"):
		return invalid("RESERVED_KEY", "Keys that begin with kp are the vendor's own.")
	}
	return t.change(func(ch *change) response {
		if t.properties.byKey[body.Context+"."+body.Key] != nil {
			return invalid("PROPERTY_EXISTS", "There is a property with this key.")
		}
		if cat := t.categories.byID[body.Category]; cat == nil || cat.Context != body.Context {
			return invalid("CATEGORY_NOT_FOUND", "There is no category of this context with this id.")
		}
		p := &property{ID: t.drawText("prop_"), Key: body.Key, Name: body.Name, Description: body.Description, Type: body.Type,
			Context: body.Context, Private: *body.Private, Category: body.Category}
		t.properties.put(p)
		ch.define(p)
		return created("Property successfully created", "property", p.ID)
	})
}

// created is the answer of an operation that made a definition.
func created(message, name, id string) response {
	return response{status: 201, body: map[string]any{"message": message, "code": "OK", name: map[string]string{"id": id}}}
}

func propertyIDUnknown() response {
	return invalid("PROPERTY_NOT_FOUND", "There is no property with this id.")
}

func (t *Tenant) updateProperty(c *call) response {
	var body struct {
		Name        string  `json:"name"`
		Description *string `json:"description"`
		Private     *bool   `json:"is_private"`
		Category    string  `json:"category_id"`
	}
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	if body.Name == "" || body.Private == nil || body.Category == "" {
		return invalid("INVALID_REQUEST_BODY", "name, is_private and category_id are required.")
	}
	return t.change(func(ch *change) response {
		p := t.properties.byID[c.path[0]]
		if p == nil {
			return propertyIDUnknown()
		}
		if cat := t.categories.byID[body.Category]; cat == nil || cat.Context != p.Context {
			return invalid("CATEGORY_NOT_FOUND", "There is no category of this context with this id.")
		}
		p.Name, p.Private, p.Category = body.Name, *body.Private, body.Category
		set(&p.Description, body.Description)
		ch.define(p)
		return done("Property successfully updated.")
	})
}

func (t *Tenant) deleteProperty(c *call) response {
	return t.change(func(ch *change) response {
		p := t.properties.byID[c.path[0]]
		if p == nil {
			return propertyIDUnknown()
		}
		t.properties.remove(p.ID)
		ch.undefine("property", p.ID)
		return done("Property successfully deleted.")
	})
}

func (t *Tenant) getCategories(c *call) response {
	size, bad := t.pageSize(c)
	if bad != nil {
		return *bad
	}
	return t.read(func() response {
		all, bad := inContext(c, t.categories.list, func(c *category) string { return c.Context }, "usr", "org")
		if bad != nil {
			return *bad
		}
		page, more, bad := pageAround(c, all, size, func(c *category) string { return c.ID })
		if bad != nil {
			return *bad
		}
		type shown struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		}
		out := make([]shown, len(page))
		for i, c := range page {
			out[i] = shown{c.ID, c.Name}
		}
		return okay(struct {
			Code       string  `json:"code"`
			Message    string  `json:"message"`
			Categories []shown `json:"categories"`
			More       bool    `json:"has_more"`
		}{"OK", "Success", out, more})
	})
}

func (t *Tenant) createCategory(c *call) response {
	var body struct {
		Name    string `json:"name"`
		Context string `json:"context"`
	}
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	if strings.TrimSpace(body.Name) == "" {
		return invalid("INVALID_REQUEST_BODY", "A category has to have a name.")
	}
	if body.Context != "usr" && body.Context != "org" && body.Context != "app" {
		return invalid("INVALID_CONTEXT", "context is usr, org or app.")
	}
	return t.change(func(ch *change) response {
		if t.categories.byKey[body.Context+"."+body.Name] != nil {
			return invalid("CATEGORY_EXISTS", "There is a category with this name.")
		}
		cat := &category{ID: t.drawText("cat_"), Name: body.Name, Context: body.Context}
		t.categories.put(cat)
		ch.define(cat)
		return created("Category successfully created", "category", cat.ID)
	})
}
