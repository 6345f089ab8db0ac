package mapping

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// fieldsOf maps records and lists every place of them with what becomes of it.
func fieldsOf(t *testing.T, yaml string, records ...string) string {
	t.Helper()
	m, err := Load("t.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range records {
		m.Map(&Record{Number: int64(i + 1), Fields: mustJSON(t, r)}, nil)
	}
	var out []string
	for i, f := range m.Fields() {
		if int(f.ID) != i {
			t.Errorf("field %d has the ID %d", i, f.ID)
		}
		out = append(out, fmt.Sprintf("%s %s (%s)", f.Path, f.Fate, f.Becomes))
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), "\n")
}

// TestFatesOfFields tells what becomes of each place of records, in every way in
// which a mapping can speak of it.
func TestFatesOfFields(t *testing.T) {
	for _, c := range []struct{ name, yaml, record, want string }{
		{"read, listed and unknown", "id: id\ndrop: [fax, {old: [telex]}]\nignore: [etag, {trace: [t1, t2]}]", `{"id":1,"fax":1,"telex":1,"etag":1,"t1":1,"x":1}`, `etag ignored (listed under ignore)
fax left_behind (left behind: Kinde has no field for it, only a property)
id used (id)
t1 ignored (trace)
telex left_behind (left behind: old)
x not_read (not read)`},
		{"read twice", "id: a\ngiven_name: a\nproperties: {p: a}", `{"a":1}`, `a used (id, given_name, properties p)`},
		{"read and left behind", "id: a\ndrop: [a]\nignore: [a]", `{"a":1}`, `a left_behind (left behind: Kinde has no field for it, only a property)`},
		{"a path", "id: a.b", `{"a":{"b":1,"c":2},"d":{"e":{"f":1}}}`, `a not_read (not read)
a.b used (id)
a.c not_read (not read)
d not_read (not read)
d.e not_read (not read)
d.e.f not_read (not read)`},
		{"a flattened path", "id: a.b\ndrop: [x]\nproperties: [{from: meta}]", `{"a.b":1,"a.c":1,"x.y":1,"xy":1,"meta.k":1,"meta.":1,"b.c":1}`, `"a.b" used (id)
"a.c" not_read (not read)
"b.c" not_read (not read)
"meta." not_read (not read)
"meta.k" used (properties)
"x.y" left_behind (left behind: Kinde has no field for it, only a property)
xy not_read (not read)`},
		{"a flattened path, loosely", "keys: loose\nid: a_x.b\nproperties: [{from: my_meta}]", `{"AX.B":1,"MyMeta.k":1}`, `"AX.B" used (id)
"MyMeta.k" used (properties)`},
		{"a flattened path, strictly", "id: a_x.b\nproperties: [{from: my_meta}]", `{"AX.B":1,"MyMeta.k":1}`, `"AX.B" not_read (not read)
"MyMeta.k" used (properties)`},
		{"all members", "id: id\nproperties: [{from: meta, except: [x*], rename: {gone: ~, kept: k}}]", `{"id":1,"meta":{"a":1,"x1":1,"gone":1,"kept":1,"in":{"deep":1}}}`, `id used (id)
meta not_read (not read)
meta.a used (properties)
meta.gone not_read (not read)
meta.in used (properties)
meta.in.deep used (properties)
meta.kept used (properties)
meta.x1 not_read (not read)`},
		{"some members", "id: id\nproperties: [{from: meta, only: [a, b*]}]", `{"id":1,"meta":{"a":1,"b1":1,"c":1}}`, `id used (id)
meta not_read (not read)
meta.a used (properties)
meta.b1 used (properties)
meta.c not_read (not read)`},
		{"all of a record", "id: id\nproperties: [{from: $, only: ['x_*', y]}]", `{"id":1,"x_1":1,"y":1,"z":1,"$t":[{"x_1":1}]}`, `$t not_read (not read)
$t[*] not_read (not read)
$t[*].x_1 not_read (not read)
id used (id)
x_1 used (properties)
y used (properties)
z not_read (not read)`},
		{"the rest", "id: id\nproperties: [{from: '@rest'}]\nignore: [etag]", `{"id":1,"a":1,"b":{"c":1},"etag":1}`, `a used (properties)
b used (properties)
b.c used (properties)
etag ignored (listed under ignore)
id used (id)`},
		{"the rest but some", "id: id\nproperties: [{from: '@rest', except: [a]}]", `{"id":1,"a":1,"b":1}`, `a not_read (not read)
b used (properties)
id used (id)`},
		{"unmapped to properties", "id: id\nunmapped: property", `{"id":1,"a":1,"b":{"c":1}}`, `a used (properties)
b used (properties)
b.c used (properties)
id used (id)`},
		{"unmapped ignored", "id: id\nunmapped: ignore", `{"id":1,"a":1,"b":{"c":1}}`, `a ignored (unmapped: ignore)
b ignored (unmapped: ignore)
b.c ignored (unmapped: ignore)
id used (id)`},
		{"each item", "id: id\nlinks: [{each: l, provider: p, subject: s.t}]", `{"id":1,"l":[{"p":"x","s":{"t":1,"u":1},"v":1}]}`, `id used (id)
l not_read (not read)
l[*] not_read (not read)
l[*].p used (links provider)
l[*].s not_read (not read)
l[*].s.t used (links subject)
l[*].s.u not_read (not read)
l[*].v not_read (not read)`},
		{"each member", "id: id\nlinks: [{each: l.*, provider: '@key', subject: s}]", `{"id":1,"l":{"x":{"s":1,"v":1},"y":{"s":2}}}`, `id used (id)
l not_read (not read)
l.* not_read (not read)
l.*.s used (links subject)
l.*.v not_read (not read)`},
		{"each item behind a choice without one", "id: id\nlinks: [{each: {all: [{first: [m, n]}, l]}, provider: p, subject: s}]", `{"id":1,"l":[{"p":"x","s":1,"v":1}]}`, `id used (id)
l not_read (not read)
l[*] not_read (not read)
l[*].p used (links provider)
l[*].s used (links subject)
l[*].v not_read (not read)`},
		{"each item of several places", "id: id\nlinks: [{each: {all: [l, {first: [m, n]}]}, provider: p, subject: s}]", `{"id":1,"l":[{"p":"x","s":1,"v":1}],"n":[{"p":"y","s":2,"w":1}]}`, `id used (id)
l not_read (not read)
l[*] not_read (not read)
l[*].p used (links provider)
l[*].s used (links subject)
l[*].v not_read (not read)
n not_read (not read)
n[*] not_read (not read)
n[*].p used (links provider)
n[*].s used (links subject)
n[*].w not_read (not read)`},
		{"all elements", "id: id\nemails: 'l[*].m'", `{"id":1,"l":[{"m":"a","n":1}]}`, `id used (id)
l not_read (not read)
l[*] not_read (not read)
l[*].m used (emails)
l[*].n not_read (not read)`},
		{"a filter", "id: 'l[k=a].v'", `{"l":[{"k":"a","v":1,"w":1},{"k":"b","v":2},{"k":"not a name","v":3}]}`, `l not_read (not read)
l[*] not_read (not read)
l[*].k used (id)
l[*].v not_read (not read)
l[k=a] not_read (not read)
l[k=a].k used (id)
l[k=a].v used (id)
l[k=a].w not_read (not read)
l[k=b] not_read (not read)
l[k=b].k used (id)
l[k=b].v not_read (not read)`},
		{"an index", "id: 'l[0]'\ngiven_name: 'l[-1].n'", `{"l":["x",{"n":1},{"n":2}]}`, `l not_read (not read)
l[*] not_read (not read)
l[*] used (id)
l[*].n not_read (not read)
l[*].n used (given_name)`},
		{"an array of one", "id: l.v", `{"l":[{"v":1,"w":1}]}`, `l not_read (not read)
l[*] not_read (not read)
l[*].v used (id)
l[*].w not_read (not read)`},
		{"text of an object", "id: o\ngiven_name: w", `{"o":{"a":1},"w":{"$oid":"x"}}`, `o used (id)
o.a not_read (not read)
w used (given_name)
w."$oid" used (given_name)`},
		{"an address in an object", "emails: e\nusernames: n", `{"e":{"addr":"a","x":[1]},"n":"ana"}`,
			"e used (emails)\ne.addr not_read (not read)\ne.x not_read (not read)\ne.x[*] not_read (not read)\nn used (usernames)"},
		{"alternatives", "id: [a, b]", `{"a":1,"b":2}`, `a used (id)
b used (id)`},
		{"a condition", "id: id\nsuspended: {path: s, is: x}\nskip: [u]", `{"id":1,"s":"x","u":0}`, `id used (id)
s used (suspended)
u used (skip)`},
		{"a pattern over names", "id: id\nignore: ['_*', '**.links', 'm.**']", `{"id":1,"_a":1,"_b":{"c":1},"d":{"links":{"e":1},"f":1},"links":1}`, `_a ignored (listed under ignore)
_b ignored (listed under ignore)
_b.c ignored (listed under ignore)
d not_read (not read)
d.f not_read (not read)
d.links ignored (listed under ignore)
d.links.e ignored (listed under ignore)
id used (id)
links not_read (not read)`},
		{"names to be quoted", "id: id", `{"id":1,"a b":1,"c.d":1,"e\"f":1,"":1,"$x":1,"g":{"$y":1,"h[0]":1,"=i":1}}`, `"" not_read (not read)
"c.d" not_read (not read)
"e""f" not_read (not read)
$x not_read (not read)
a b not_read (not read)
g not_read (not read)
g."$y" not_read (not read)
g."=i" not_read (not read)
g."h[0]" not_read (not read)
id used (id)`},
		{"an expression", "id: =a.b + c", `{"a":{"b":"1","d":2},"c":"x"}`, `a not_read (not read)
a.b used (id)
a.d not_read (not read)
c used (id)`},
		{"an expression over what lies deep", "id: =a.b.c + item.x + key", `{"a":{"b":{"c":"1","d":2},"e":3},"item":{"x":"1","y":2},"key":"k"}`, `a not_read (not read)
a.b not_read (not read)
a.b.c used (id)
a.b.d not_read (not read)
a.e not_read (not read)
item not_read (not read)
item.x used (id)
item.y not_read (not read)
key used (id)`},
		{"an array of one beside a filter", "id: l.v\ngiven_name: 'l[k=a].w'", `{"l":[{"k":"a","v":1,"w":"x","z":1}]}`, `l not_read (not read)
l[k=a] not_read (not read)
l[k=a].k used (given_name)
l[k=a].v used (id)
l[k=a].w used (given_name)
l[k=a].z not_read (not read)`},
		{"each item of what is calculated", "id: id\nlinks: [{each: [l, =m], provider: p, subject: s}]", `{"id":1,"l":[{"p":"x","s":1,"v":1}],"m":[{"p":"y","s":2}]}`, `id used (id)
l used (links)
l[*] used (links)
l[*].p used (links)
l[*].s used (links)
l[*].v used (links)
m used (links)
m[*] used (links)
m[*].p used (links)
m[*].s used (links)`},
		{"each item of JSON in text", "id: id\nlinks: [{each: {path: l, decode: json}, provider: p, subject: s}]", `{"id":1,"l":"[{\"p\":\"x\",\"s\":1,\"v\":1}]"}`, `id used (id)
l not_read (not read)
l[*] not_read (not read)
l[*].p used (links provider)
l[*].s used (links subject)
l[*].v not_read (not read)`},
		{"a filter on an object by itself", "id: 's[k=a].v'", `{"s":{"k":"a","v":1,"w":1}}`, `s not_read (not read)
s.k used (id)
s.v used (id)
s.w not_read (not read)`},
		{"a table", "id: id\ntables: {t: {at: ['t[*]'], on: [{row: u, user: id}]}}\nproperties: [{each: $t, key_from: k, value: v}]",
			`{"id":1,"$t":[{"u":1,"k":"a","v":1,"w":1}]}`, `$t not_read (not read)
$t[*] not_read (not read)
$t[*].k used (properties key)
$t[*].u used (join)
$t[*].v used (properties)
$t[*].w not_read (not read)
id used (id)`},
		{"one name in two spellings", "keys: loose\nid: my_id", `{"MyID":1,"my_id":2,"other":1}`, `MyID not_read (not read)
my_id used (id)
other not_read (not read)`},
	} {
		if got := fieldsOf(t, c.yaml, c.record); got != c.want {
			t.Errorf("%s:\n%s", c.name, got)
		}
	}
}

// TestManyFieldNames asserts that names which are data become one place, however many.
func TestManyFieldNames(t *testing.T) {
	var records []string
	for i := range maxChildren + 20 {
		records = append(records, fmt.Sprintf(`{"id":"%d","bag":{"k%d":1},"list":[{"n%d":1}]}`, i, i, i))
	}
	got := strings.Split(fieldsOf(t, "id: id", records...), "\n")
	if len(got) > 2*maxChildren+10 || !slices.Contains(got, "bag.* not_read (not read)") || !slices.Contains(got,
		"list[*].* not_read (not read)") {
		t.Errorf("%d places: %q …", len(got), got[:3])
	}
}
