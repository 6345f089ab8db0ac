package mapping

import "errors"

var errNotYet = errors.New("not built yet")

type condition interface{ test(*scope) bool }
type scope struct{}
type joinKey struct{}
type tableSpec struct{}

func rowScope(Value) *scope { return &scope{} }

// Mapping is a compiled mapping. It is safe for concurrent use.
type Mapping struct{ name string }

// Load compiles a mapping file. name stands in errors. The file may extend a
// preset. Errors name line and column and show the place.
func Load(name string, src []byte) (*Mapping, error) { return nil, errNotYet }

// Preset returns a compiled preset by name.
func Preset(name string) (*Mapping, error) { return nil, errNotYet }

// PresetSource returns the YAML text of a preset.
func PresetSource(name string) ([]byte, error) { return nil, errNotYet }

// Presets lists the presets by name.
func Presets() []PresetInfo { return nil }

// Detect tells which presets fit a sample, best first. The first is the answer
// unless Tied.
func Detect(s Sample) []Match { return nil }

// Tied returns the best matches when more than one specific preset fits equally
// well, else nil.
func Tied(matches []Match) []Match { return nil }

// Name returns the mapping's name: the preset's, or the file's "name".
func (m *Mapping) Name() string { return m.name }

// Base returns the preset that the mapping is or extends; "" when it stands alone.
func (m *Mapping) Base() string { return "" }

// SHA256 returns the hexadecimal digest of the effective mapping: what stands
// in the file and in the presets it extends, and Version.
func (m *Mapping) SHA256() string { return "" }

// Map turns a record into a user. env may be nil. It is safe for concurrent use.
// The strings of the result may share memory with the record.
func (m *Mapping) Map(rec *Record, env *Env) Result { return Result{} }

// Records returns the places of the records in a JSON document, in the order in
// which they are to be tried. CSV rows, lines of NDJSON, LDIF entries and the
// elements of an array at the top are records without being declared.
func (m *Mapping) Records() []RecordsAt { return nil }

// IsRecord tells whether a row is a record at all: a CSV row, a line of NDJSON
// or an element of the top array that the mapping does not take for something else.
func (m *Mapping) IsRecord(row Value) bool { return true }

// Tables returns the side tables.
func (m *Mapping) Tables() []Table { return nil }

// CSV returns how a CSV file is to be read.
func (m *Mapping) CSV() CSV { return CSV{} }

// RowKeys returns the keys of a row of a side table. A row joins the record
// that has one of them among its UserKeys. nil: the row has no key.
func (t *Table) RowKeys(row Value) []string { return nil }

// UserKeys returns the keys of a record for this table, in groups of falling
// preference: the rows that any key of the first group finds are attached; only
// if there are none the next group is tried. The keys of different groups are
// tagged, so that they never meet by chance.
func (t *Table) UserKeys(rec *Record) [][]string { return nil }

// SameColumns tells whether two rows describe the same user apart from
// memberships: they are then rows of one record.
func SameColumns(a, b *User) bool { return false }

// AddMemberships adds the memberships of src to dst, uniting roles and
// permissions of the same organization.
func AddMemberships(dst, src *User) {}

// RowsPerUser tells that the source's rows may be one per organization of a user.
func (m *Mapping) RowsPerUser() bool { return false }

// Init writes a commented mapping file for a sample. preset may be "".
func Init(s Sample, preset string) ([]byte, error) { return nil, errNotYet }

// Row is one line of a before/after comparison.
type Row struct {
	Source string // path in the record, "" when the target has no source
	Value  string // as it stands, shortened; secrets are masked
	Target string // "email", "property tier", "dropped"; "" when nothing reads it
	Mapped string // what it became
}

// Comparison shows a record before and after.
type Comparison struct {
	Record   int64
	Rows     []Row
	Skip     string
	Problems []Problem
}

// Check maps records and shows each before and after, side by side.
func Check(m *Mapping, records []Record, env *Env) []Comparison { return nil }
