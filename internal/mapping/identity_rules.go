package mapping

import "strings"

// identityRule says where addresses, numbers or usernames come from.
type identityRule struct {
	loop     *loop
	v        *value
	verified condition
	primary  condition
	plus     bool   // phone: the source leaves out the plus sign
	region   *value // phone: the region of a number without a calling code
	keepAs   string // username: property that keeps a name which Kinde does not take
}

// linkRule says where social and enterprise identities come from.
type linkRule struct {
	loop                                 *loop
	provider, subject, email, connection *value
	enterprise                           condition
}

// identities compiles emails, phones, usernames and links.
func (c *compiler) identities(s *sections) error {
	for _, f := range []struct {
		key string
		to  *[]identityRule
	}{{"emails", &c.m.emails}, {"phones", &c.m.phones}, {"usernames", &c.m.usernames}} {
		for _, n := range s.get(f.key).items() {
			r, err := c.identityRule(n, f.key)
			if err != nil {
				return err
			}
			*f.to = append(*f.to, r)
		}
	}
	for _, n := range s.get("links").items() {
		r, err := c.linkRule(n)
		if err != nil {
			return err
		}
		c.m.links = append(c.m.links, r)
	}
	return nil
}

func (c *compiler) identityRule(n *node, section string) (identityRule, error) {
	r := identityRule{loop: &loop{}}
	if n.kind != nodeMap || n.isSource() {
		v, err := c.value(n, section)
		if err != nil {
			return r, err
		}
		r.v = v
		c.gated(r.loop, v)
		return r, nil
	}
	allowed := []string{"each", "where", "value", "primary"}
	switch section {
	case "emails":
		allowed = append(allowed, "verified")
	case "phones":
		allowed = append(allowed, "verified", "plus", "region")
	default:
		allowed = append(allowed, "keep_as")
	}
	if err := n.only(section, allowed...); err != nil {
		return r, err
	}
	l, leave, err := c.enter(n, section)
	if err != nil {
		return r, err
	}
	defer leave()
	r.loop = l
	if r.v, err = c.itemValue(n, section); err != nil {
		return r, err
	}
	c.gated(l, r.v)
	if v := n.get("verified"); v != nil && v.kind != nodeNull {
		if r.verified, err = c.condition(v, section+" verified"); err != nil {
			return r, err
		}
	}
	if v := n.get("primary"); v != nil {
		if r.primary, err = c.condition(v, section+" primary"); err != nil {
			return r, err
		}
	}
	if r.region, err = c.member(n, "region", "region"); err != nil {
		return r, err
	}
	if v := n.get("region").get("value"); v != nil && v.kind == nodeScalar && !isRegion(strings.ToUpper(v.text)) {
		return r, v.errorf("%s region: %q is %s", section, v.text, noRegion)
	}
	if r.plus, err = n.flag("plus"); err != nil {
		return r, err
	}
	r.keepAs, err = n.str("keep_as")
	return r, err
}

// isSource tells whether a map says where a value comes from, so that it stands
// for an entry with nothing but a value.
func (n *node) isSource() bool {
	for _, k := range []string{"path", "first", "all", "expr"} {
		if n.get(k) != nil {
			return true
		}
	}
	return false
}

// itemValue compiles the member "value". Inside "each" it may be left out: the item itself.
func (c *compiler) itemValue(n *node, what string) (*value, error) {
	if v := n.get("value"); v != nil {
		return c.value(v, what)
	}
	if !c.itemDefault {
		return nil, n.errorf("%s: value is missing", what)
	}
	return c.pathValue(n, "@", what)
}

func (c *compiler) linkRule(n *node) (linkRule, error) {
	var r linkRule
	if n.kind != nodeMap {
		return r, n.errorf("a link is a map with provider and subject, this is %s", n.kind)
	}
	if err := n.only("links", "each", "where", "provider", "subject", "email", "connection", "enterprise"); err != nil {
		return r, err
	}
	l, leave, err := c.enter(n, "links")
	if err != nil {
		return r, err
	}
	defer leave()
	r.loop = l
	if err := c.members(n, "links", []memberOf{
		{"provider", &r.provider}, {"subject", &r.subject}, {"email", &r.email}, {"connection", &r.connection},
	}); err != nil {
		return r, err
	}
	if r.provider == nil || r.subject == nil {
		return r, n.errorf("a link needs provider and subject")
	}
	c.gated(l, r.subject)
	if v := n.get("enterprise"); v != nil {
		r.enterprise, err = c.condition(v, "links enterprise")
	}
	return r, err
}
