package report

import (
	"io"

	"github.com/kinde-migrate/kinde-migrate/mapping"
)

// WriteNotices writes what is to be said of the source as a whole.
func WriteNotices(w io.Writer, width int, notices []mapping.Notice) error {
	t := &text{width: width}
	t.notices(notices)
	_, err := w.Write(t.b.Bytes())
	return err
}

// notices writes each notice under its kind.
func (t *text) notices(list []mapping.Notice) {
	if len(list) == 0 {
		return
	}
	t.line("")
	for _, n := range list {
		label := map[string]string{"missing": "Missing", "doubt": "In doubt", "united": "United", "unread": "Not read"}[n.Kind]
		t.field(label, n.Message)
		if n.Try != "" {
			t.field("", n.Try)
		}
	}
}
