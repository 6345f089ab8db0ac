package mapping

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
