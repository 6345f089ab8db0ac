package mapping

import "strings"

// Kind says what a Value holds.
type Kind uint8

// The kinds of a Value. The zero Kind is Missing: a path that led nowhere.
const (
	Missing Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// Value is one value of a source record: a CSV cell, or a node of a JSON document.
//
// Numbers keep the digits that the file holds, because a 21-digit id does not
// survive a float64. Objects keep their keys in file order; all rows of a CSV
// file share one Keys slice.
type Value struct {
	Kind  Kind
	Text  string   // String: the text. Number: its literal. Bool: "true" or "false".
	Keys  []string // Object: the member names, parallel to Elems.
	Elems []Value  // Array: the elements. Object: the member values.
}

// StringValue returns a Value of kind String.
func StringValue(s string) Value { return Value{Kind: String, Text: s} }

// Get returns the member of an object with exactly this name, or a Missing Value.
func (v Value) Get(key string) Value {
	for i, k := range v.Keys {
		if k == key {
			return v.Elems[i]
		}
	}
	return Value{}
}

// IsEmpty tells whether the value is missing, null, or text of nothing but white space.
func (v Value) IsEmpty() bool {
	switch v.Kind {
	case Missing, Null:
		return true
	case String:
		return strings.TrimSpace(v.Text) == ""
	case Array, Object:
		return len(v.Elems) == 0
	default:
		return false
	}
}

// Repaired is the member of a record's fields that tells that the record did not
// parse as it stands, and was mended by what its cells look like.
const Repaired = "$repaired"

// Record is one user as a source file describes it.
type Record struct {
	File   int    // index of its file among the files of the source
	Number int64  // 1-based, running on over all files
	Line   int64  // 1-based line of its first byte in its file
	Offset int64  // of its first byte in the decoded (decompressed, UTF-8) file
	Raw    []byte // its bytes as they stand in the decoded file; valid until the next record is read
	Fields Value  // always an Object
}
