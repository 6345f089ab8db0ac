package reconcile

import (
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// What a version of the source was rejected or left out for explains nothing about
// another one that has mended it: whoever it wants and the tenant lacks is missing,
// and whoever is there is compared.
func TestAnotherVersionExplainsNothing(t *testing.T) {
	wrong := mapping.Problem{Severity: mapping.Error, Code: mapping.EmailInvalid, Message: "it has no @"}
	for name, was := range map[string]func(*people){
		"rejected": func(p *people) { p.bad[1] = wrong },
		"left out": func(p *people) { p.left = map[int]bool{1: true} },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			first := invent(3)
			was(first)
			w.load(first, importer.Options{})
			if r, _ := w.reconcile(first, w.withCheckpoint); r.Matched != 2 || r.Explained != 1 || unexplained(r) != 0 {
				t.Errorf("what was imported is compared as %+v", *r)
			}
			mended := invent(3)
			r, found := w.reconcile(mended, w.withCheckpoint)
			if r.Matched != 2 || r.Missing != 1 || r.Explained != 0 || len(found) != 1 || found[0].Class != Missing || found[0].Code != "" {
				t.Errorf("what was mended is compared as %+v, %+v", *r, found)
			}
			// Once it stands, a version that is wrong again takes nothing away from what the mended one says.
			w.load(mended, importer.Options{})
			w.load(first, importer.Options{})
			if r, found := w.reconcile(mended, w.withCheckpoint); r.Matched != 3 || unexplained(r) != 0 {
				t.Errorf("what stands is compared as %+v, %+v", *r, found)
			}
			if r, found := w.reconcile(first, w.withCheckpoint); r.Matched != 2 || r.Explained != 1 || unexplained(r) != 0 {
				t.Errorf("what is wrong again is compared as %+v, %+v", *r, found)
			}
		})
	}
}
