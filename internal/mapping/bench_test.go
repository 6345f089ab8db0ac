package mapping

import "testing"

// BenchmarkMapCSV maps rows of eight columns, as a reader of CSV hands them over.
func BenchmarkMapCSV(b *testing.B) {
	keys := []string{"id", "email", "first_name", "last_name", "email_verified", "external_organization_id", "role_key", "username"}
	cells := []string{"42", "ana@example.com", "Ana", "Pérez", "TRUE", "ext_1", "editor", "ana_p"}
	v := Value{Kind: Object, Keys: keys}
	for _, c := range cells {
		v.Elems = append(v.Elems, StringValue(c))
	}
	for _, name := range []string{"kinde", "generic"} {
		b.Run(name, func(b *testing.B) {
			m, err := Preset(name)
			if err != nil {
				b.Fatal(err)
			}
			rec := &Record{Number: 1, Fields: v}
			b.ReportAllocs()
			for b.Loop() {
				m.Map(rec, nil)
			}
		})
	}
}
