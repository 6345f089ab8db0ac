package report

import "github.com/kinde-migrate/kinde-migrate/internal/intake"

// Describe writes what is known of the source into the report.
func (r *Report) Describe(s intake.Source) {
	r.Source.Files, r.Source.Companions = r.Source.Files[:0], nil
	for _, f := range s.Files {
		r.Source.Files = append(r.Source.Files, File{Path: f.Path, Bytes: f.Bytes, SHA256: f.SHA256})
	}
	for _, f := range s.Companions {
		r.Source.Companions = append(r.Source.Companions, File{Path: f.Path, Bytes: f.Bytes, SHA256: f.SHA256, Role: f.Role})
	}
	r.Source.Format, r.Source.Preset, r.Source.MappingSHA256 = string(s.Format), s.Preset, s.MappingSHA256
	r.Source.Evidence = s.Evidence
}
