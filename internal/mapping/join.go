package mapping

import (
	"strconv"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
)

// RowKeys returns the keys of a row of a side table. A row joins the record
// that has one of them among its UserKeys. nil: the row has no key.
func (t *Table) RowKeys(row Value) []string {
	s := newScope(t.rows, row, nil)
	var out []string
	for i := range t.on {
		k := &t.on[i]
		for _, v := range k.row.texts(s) {
			out = append(out, k.tagged(i, v))
		}
	}
	return out
}

// UserKeys returns the keys of a record for this table, in groups of falling
// preference: the rows that any key of the first group finds are attached; only
// if there are none the next group is tried. The keys of different groups are
// tagged, so that they never meet by chance.
func (t *Table) UserKeys(rec *Record) [][]string {
	if t.Lookup || len(t.on) == 0 {
		return nil
	}
	s := newScope(t.on[0].userKS, rec.Fields, nil)
	var out [][]string
	for i := range t.on {
		k := &t.on[i]
		var group []string
		for _, v := range k.user.texts(s) {
			if key := k.tagged(i, v); !contains(group, key) {
				group = append(group, key)
			}
		}
		if len(group) > 0 {
			out = append(out, group)
		}
	}
	return out
}

// Strange tells whether a row with these keys is about somebody else than the record of
// these groups: both have one e-mail address at least, and none is the same. Ids are unique
// in one source only, and a companion file may come from another. A row of many people,
// such as a group, has many keys and is never strange.
func Strange(record [][]string, row []string) bool {
	if len(row) != 2 {
		return false
	}
	_, id, _ := strings.Cut(row[0], ":")
	tag, email, _ := strings.Cut(row[1], ":")
	if strings.HasPrefix(row[0], tag+":") || id == email || !strings.Contains(email, "@") {
		return false
	}
	for _, group := range record {
		if strings.HasPrefix(group[0], tag+":") && strings.Contains(group[0], "@") {
			return !contains(group, row[1])
		}
	}
	return false
}

// UserFault returns why the keys of a record can't be computed; "" when they can.
func (t *Table) UserFault(rec *Record) string {
	if t.Lookup || len(t.on) == 0 {
		return ""
	}
	s := newScope(t.on[0].userKS, rec.Fields, nil)
	for i := range t.on {
		t.on[i].user.texts(s)
	}
	return s.wrong
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// tagged writes a key with the number of its pair. Of a lookup table keys are plain.
func (k *joinKey) tagged(i int, v string) string {
	if k.fold {
		v = compare.Fold("email", v) // a username folds as an address does
	}
	if k.user == nil {
		return v
	}
	return strconv.Itoa(i) + ":" + v
}
