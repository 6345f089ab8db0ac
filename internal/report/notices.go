package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
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
		t.field(NoticeLabel(n.Kind), n.Message)
		if n.Try != "" {
			t.field("", n.Try)
		}
	}
}

// AsksWhoseIDs tells whether ids of the source belong to other people in the tenant.
func (r *Report) AsksWhoseIDs() bool {
	return slices.ContainsFunc(r.questions(), func(n mapping.Notice) bool { return n.What == "ids" })
}

// asksWhoseIDs asks once for a whole source what each of its refused records
// says: whether it is another source than the one that brought their ids.
func (r *Report) asksWhoseIDs(taken int64) {
	if taken == 0 {
		return
	}
	belong := "ids of this source belong to other people"
	if taken == 1 {
		belong = "id of this source belongs to somebody else"
	}
	r.Source.Notices = append(r.Source.Notices, mapping.Notice{Kind: mapping.Question, What: "ids", Records: taken, Of: r.Totals.Records,
		Message: fmt.Sprintf("%s %s in the tenant.", ui.Number(taken), belong),
		Try:     "If they come from a different source, use --id-prefix NAME: the ids become NAME|id."})
}

// shortNumber tells whether an id looks as if the source counts its users, as
// many systems do: 1, 2, 3.
func shortNumber(id string) bool {
	return len(id) > 0 && len(id) < 10 && strings.Trim(id, "0123456789") == ""
}

// askWhoseIDs asks before anybody looked at a tenant whether there is another
// source that counts its users, too. It never asks a tenant itself.
func (i *Inspection) askWhoseIDs() {
	if i.counted == 0 || 2*i.counted < i.ids {
		return
	}
	i.Source.Notices = append(i.Source.Notices, mapping.Notice{Kind: mapping.Question, What: "ids", Records: i.counted, Of: i.ids,
		Message: "The ids are short numbers. Another source that numbers its users has the same ones.",
		Try:     "If people from another source are in the same tenant, use --id-prefix NAME: the ids become NAME|id. doctor FILE checks the tenant."})
}

// questions are the notices that the tenant's answers gave rise to. Those of
// the source alone are said before the first write.
func (r *Report) questions() (list []mapping.Notice) {
	for _, n := range r.Source.Notices {
		if n.Kind == mapping.Question {
			list = append(list, n)
		}
	}
	return list
}

// NoticeLabel is what a kind of notice is called before people.
func NoticeLabel(kind string) string {
	return map[string]string{"missing": "Missing", "doubt": "In doubt", "united": "United", "unread": "Not read", "passed": "Passed over",
		mapping.Question: "Question", mapping.Withheld: "Not given"}[kind]
}

// WhoStands says how many users stay although their records were rejected or left out; "" where nobody does.
func (r *Report) WhoStands() string {
	if r.Source.Standing == 0 {
		return ""
	}
	return fmt.Sprintf("%s in the tenant, although the source has them in records that were rejected or skipped: they stay as an earlier source "+
		"had them. %s has their ids.", are(r.Source.Standing, "user"), OutcomesFile)
}

// WhoIsGone says how many users the source no longer holds; "" where nobody is known to be gone.
func (r *Report) WhoIsGone() string {
	if r.Source.Gone == 0 {
		return ""
	}
	return fmt.Sprintf("%s in the tenant and no longer in the source. %s lists who; --gone suspend or --gone delete acts on that.",
		are(r.Source.Gone, "user"), GoneFile)
}
