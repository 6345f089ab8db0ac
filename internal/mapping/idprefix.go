package mapping

import "errors"

// prefixed tells the ids of this source from those of others.
func (r *run) prefixed(id string) string {
	prefix := r.m.idPrefix
	if r.env != nil && r.env.IDPrefix != "" {
		prefix = r.env.IDPrefix
	}
	if id == "" || prefix == "" {
		return id
	}
	return prefix + "|" + id
}

// IDPrefix returns the mapping's id_prefix.
func (m *Mapping) IDPrefix() string { return m.idPrefix }

// CheckIDPrefix tells what is wrong with a prefix of ids; "" is none.
func CheckIDPrefix(s string) error {
	if len(s) > 40 {
		return errors.New("has at most 40 characters")
	}
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.') {
			return errors.New("has letters, digits, dots, hyphens and underscores only")
		}
	}
	return nil
}
