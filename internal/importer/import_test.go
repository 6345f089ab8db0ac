package importer

import (
	"testing"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
)

func TestImport(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	p := invent(300)
	o := w.run(p, Options{})
	expect(t, o, map[checkpoint.Outcome]int64{checkpoint.Created: 300})
	w.complete(p)
	if r := o.Read; !r.Performed || r.Matched != 300 {
		t.Errorf("read back: %+v", r)
	}
	t.Log(o.calls)
	w.reader(func(r *checkpoint.Reader) {
		steps, err := r.Steps(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for kind, s := range steps {
			if s.Done != s.Wanted || s.Failed != 0 {
				t.Errorf("%s: %+v", kind, s)
			}
		}
		if d, err := r.Differences(t.Context(), 20); err != nil || len(d) > 0 {
			t.Errorf("differences %v, %v", d, err)
		}
	})

	again := w.run(p, Options{})
	expect(t, again, map[checkpoint.Outcome]int64{checkpoint.Unchanged: 300})
	if again.total != 0 || !again.Nothing {
		t.Errorf("a rerun made %v", again.calls)
	}
}
