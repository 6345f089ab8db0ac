package report

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// FieldSums counts the places of the records by what becomes of them.
type FieldSums struct {
	Used       int64 `json:"used"`
	Ignored    int64 `json:"ignored"`
	LeftBehind int64 `json:"left_behind"`
	NotRead    int64 `json:"not_read"`
}

// SourceField is a place of the records that holds something.
type SourceField struct {
	Path    string `json:"path"`
	Filled  int64  `json:"filled"`  // rows in which it holds something
	Fate    string `json:"fate"`    // used, ignored, left_behind, not_read
	Becomes string `json:"becomes"` // what reads it, or the reason why nothing does
}

// Join tells how the rows of one companion file, or of a side table in the
// file of users, met the users.
type Join struct {
	Path         string  `json:"path"` // "" for a table in the file of users
	Role         string  `json:"role"`
	Rows         int64   `json:"rows"`
	Joined       int64   `json:"joined"`
	JoinedNobody int64   `json:"joined_nobody"`
	UsersWithout int64   `json:"users_without"`
	Malformed    int64   `json:"malformed"`
	Nobody       []int64 `json:"rows_of_nobody,omitempty"` // numbers in the file of the first rows that joined nobody
	Broken       []int64 `json:"malformed_rows,omitempty"` // of the first that could not be read or name no user
}

// noteAccount is the checkpoint's note that holds the account of the first pass.
const noteAccount = "account"

// account fills in what became of the fields and of the rows of companions.
func (s *Source) account(a *intake.Account) {
	s.Fields, s.Joins = []SourceField{}, []Join{}
	s.FieldSums = FieldSums{a.ByFate[mapping.Used], a.ByFate[mapping.Ignored], a.ByFate[mapping.LeftBehind], a.ByFate[mapping.NotRead]}
	for _, f := range a.Fields {
		s.Fields = append(s.Fields, SourceField{f.Path, f.Filled, string(f.Fate), f.Becomes})
	}
	for _, j := range a.Joins {
		s.Joins = append(s.Joins, Join{j.Path, j.Role, j.Rows, j.Joined, j.JoinedNobody, j.UsersWithout, j.Malformed, j.Nobody, j.Broken})
	}
}

func (r *Report) foldAccount(ctx context.Context, c Checkpoint) error {
	note, err := c.Note(ctx, noteAccount)
	if err != nil || note == nil {
		return err
	}
	var a intake.Account
	if err := json.Unmarshal(note, &a); err != nil {
		return fmt.Errorf("decoding the account of the fields: %w", err)
	}
	r.Source.account(&a)
	return nil
}

// accounted writes the sums over fields, and each companion.
func (t *text) accounted(s *Source) {
	var parts, unread []string
	for _, c := range []count{{s.FieldSums.Used, "read"}, {s.FieldSums.LeftBehind, "left behind"},
		{s.FieldSums.Ignored, "ignored with a reason"}, {s.FieldSums.NotRead, "not read"}} {
		if c.n > 0 {
			parts = append(parts, ui.Number(c.n)+" "+c.what)
		}
	}
	for _, f := range s.Fields {
		if f.Fate == string(mapping.NotRead) {
			unread = append(unread, f.Path)
		}
	}
	if len(parts) > 0 {
		said := strings.Join(parts, ", ")
		if len(unread) > 0 {
			said += ": " + strings.Join(unread[:min(len(unread), 8)], ", ")
			if len(unread) > 8 {
				said += ", …"
			}
		}
		t.line("")
		t.field("Fields", said)
	}
	t.joins(s.Joins)
}

// joins writes how each companion met the users.
func (t *text) joins(joins []Join) {
	for i, j := range joins {
		label := ""
		if i == 0 {
			t.line("")
			label = "Second file"
		}
		said := fmt.Sprintf("%s: %s, %s joined, %s joined nobody%s",
			j.Role, ui.Count(j.Rows, "row"), ui.Number(j.Joined), ui.Number(j.JoinedNobody), numbered(j.Nobody, j.JoinedNobody))
		if j.Malformed > 0 {
			said += fmt.Sprintf("; %s can't be read or name nobody%s", ui.Number(j.Malformed), numbered(j.Broken, j.Malformed))
		}
		if j.UsersWithout > 0 {
			said += fmt.Sprintf("; %s without any", ui.Count(j.UsersWithout, "user"))
		}
		t.field(label, said+".")
		if j.Path != "" && slices.ContainsFunc(joins, func(o Join) bool { return o.Role == j.Role && o.Path != j.Path }) {
			t.field("", "in "+j.Path)
		}
	}
}

// numbered names rows by their number.
func numbered(rows []int64, all int64) string {
	if len(rows) == 0 {
		return ""
	}
	var names []string
	for _, n := range rows {
		names = append(names, ui.Number(n))
	}
	more := ""
	if int64(len(rows)) < all {
		more = ", …"
	}
	return " (row " + strings.Join(names, ", ") + more + ")"
}

// fates orders the fields of an inspection for people: what may be a loss comes first.
var fates = map[string]int{
	string(mapping.NotRead):    0,
	string(mapping.LeftBehind): 1,
	string(mapping.Used):       2,
	string(mapping.Ignored):    3,
	"empty":                    4,
}

func byFate(a, b Field) int {
	return cmp.Or(cmp.Compare(fates[a.Fate], fates[b.Fate]), cmp.Compare(a.Path, b.Path))
}
