package mapping

import (
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
)

// Version is the version of the mapping language and of the normalisation. It is
// part of SHA256, so that a change in meaning counts as a changed mapping.
const Version = 1

// Env is what Map needs besides the record. It is shared by all records of a
// run and only read. A nil Env is an empty one.
type Env struct {
	Password password.Options
	// IDPrefix stands before the ids of the source, "NAME|id": ids are unique in
	// one source only. It wins over the mapping's id_prefix; "" leaves it to that.
	IDPrefix string
	// RoleScope is what becomes of roles of one name in several applications. It
	// wins over the mapping's role_scope; "" leaves it to that.
	RoleScope RoleScope
	// Now decides whether a ban has run out. The zero time is the time of the call.
	Now time.Time
	// Lookup finds a row of a lookup table (Table.Lookup) by its key. It may be nil.
	Lookup func(table, key string) (Value, bool)
	// Secret tells where a row that Lookup finds holds what looks like a password
	// that nothing reads; "" nowhere. It may be nil.
	Secret func(table, key string) string
}

// Result is what became of a record.
type Result struct {
	// User is the mapped user. It is set for rejected and skipped records too,
	// as far as they could be mapped, so that a report can name them.
	User *User
	// Problems holds errors and warnings. One error rejects the record.
	Problems []Problem
	// Skip is why the source or the mapping leaves the record out ("deleted at
	// the source"); "" when it is not left out.
	Skip string
	// Filtered tells that the mapping's filter cut the record.
	Filtered bool
	// Marks tells which notices concern the record.
	Marks Marks
	// Roles tells where the roles are held, in a mapping that tells places apart.
	Roles []ScopedRole
	// Fail is why an expression of the mapping could not be computed on the
	// record: the mapping is wrong, whatever it says of other records.
	Fail string
	// Filled holds the IDs of the Fields in which the record holds something. It
	// is set where a Workspace is given.
	Filled []int32
}

// Rejected tells whether the result holds an error.
func (r *Result) Rejected() bool {
	for i := range r.Problems {
		if r.Problems[i].Severity == Error {
			return true
		}
	}
	return false
}

// RecordsAt is one place where records lie in a JSON document.
type RecordsAt struct {
	// Path leads from the top of the document to the records: names of members,
	// "[*]" for each element of an array, ".*" for each member of an object. An
	// empty path is the document itself: a single object.
	Path []Step
	// Parent lists members of the enclosing objects that the record needs. The
	// reader adds an object "$parent" to the record's fields with these dotted
	// names as its keys. A name is looked for in the nearest enclosing object
	// first. When Key is "@key" it is the name of the member of a ".*" step.
	Parent []string

	where *rowCondition
}

// Step is one step of the way to records or rows.
type Step struct {
	Key string // name of a member; "" when Any is set
	Any byte   // '[' each element of an array; '.' each member of an object; 0 the member Key
}

// Match tells whether a node at this place is a record. A document may hold rows
// of other kinds at the same place (Django's dumpdata).
func (r *RecordsAt) Match(node Value) bool { return r.where.test(node) }

// Table is a side table whose rows are joined to records.
type Table struct {
	Name string // the rows are attached as "$" + Name
	// Companion tells which companion file holds the rows: "passwords",
	// "identities", "memberships" or "organizations". "" when they lie in the
	// same document only. A table may have both.
	Companion string
	// At lists the places of the rows in the document that holds the records.
	At []RecordsAt
	// CompanionAt lists the places of the rows in a companion JSON document,
	// besides an array at the top and lines of NDJSON, which always count.
	CompanionAt []RecordsAt
	// Lookup tells that the table is not joined to records but answers Env.Lookup.
	Lookup bool

	where *rowCondition
	on    []joinKey
	rows  *keyspace
	keep  []string // the members of a row that records need; nil is all
}

// Kept returns what a record gets of a row that joins it.
func (t *Table) Kept(row Value) Value {
	if t.keep == nil {
		return row
	}
	out := Value{Kind: Object}
	for i, k := range row.Keys {
		if contains(t.keep, k) {
			out.Keys, out.Elems = append(out.Keys, k), append(out.Elems, row.Elems[i])
		}
	}
	return out
}

// Left returns what no record gets of a row: all of it where rows are asked by key.
func (t *Table) Left(row Value) Value {
	out := Value{Kind: Object}
	for i, k := range row.Keys {
		if t.Lookup || t.keep != nil && !contains(t.keep, k) {
			out.Keys, out.Elems = append(out.Keys, k), append(out.Elems, row.Elems[i])
		}
	}
	return out
}

// Match tells whether a row at the table's place belongs to it.
func (t *Table) Match(row Value) bool { return t.where.test(row) }

// CSV says how a CSV file of this provider is to be read.
type CSV struct {
	// Layouts names the columns of a file without a header, in each of the layouts
	// that there are; nil when the first row is the header.
	Layouts [][]string
	// Dialect is how cells are kept apart: one of the names that source.Dialects
	// lists; "" is found in the content.
	Dialect string
	// Comment is the character that starts a comment line; 0 when there is none.
	Comment byte
	// LazyQuotes tells that quotes may stand unescaped inside a cell: rows that do
	// not parse are mended.
	LazyQuotes bool
	// Loose names the columns whose cells may hold separators.
	Loose []string
	// Fits tells whether a cell may stand in a column; nil is always.
	Fits func(column, cell string) bool
	// SkipTo is a column name: rows before the first row that holds it are a
	// preamble. "" when there is none.
	SkipTo string
}

// PresetInfo names a preset.
type PresetInfo struct {
	Name    string    // "auth0"
	Title   string    // "Auth0: users export, extension export, CSV, password hashes"
	Notes   string    // what to know before using it; may be ""
	Fetched []Fetched // from where fetch reads it
}

// From where users are fetched.
const (
	FromAPI      = "API"
	FromDatabase = "database"
)

// Fetched is a place from which users of a preset are fetched.
type Fetched struct {
	From  string // FromAPI or FromDatabase
	Tried string // against what that was tried
}

// Sample is the beginning of a source, for Detect and Init.
type Sample struct {
	Format string // "csv", "json", "ndjson" or "ldif"
	// Head is the beginning of the content. JSON: the document with long arrays
	// cut after some elements. NDJSON, LDIF: an Array of records. CSV: an Array
	// of objects, the first row taken as the header.
	Head Value
	// Rows holds the first rows of a CSV file as they stand, header included.
	Rows [][]string
}

// Match is a preset that fits a sample.
type Match struct {
	Preset     string
	Title      string
	Confidence int // 1 to 100
	Evidence   string
	Generic    bool // the preset fits anything: a specific one beats it
}
