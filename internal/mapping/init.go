package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// Init writes a commented mapping file for a sample: what it extends, names to
// translate, and what becomes of each field. It holds no values of the sample
// but names of providers, organizations and roles. preset may be "": it is
// detected then.
func Init(s Sample, preset string) ([]byte, error) {
	why := "as asked"
	if preset == "" {
		found := Detect(s)
		if len(found) == 0 {
			found = []Match{{Preset: "generic"}}
		}
		preset, why = found[0].Preset, found[0].Evidence
	}
	m, err := Preset(preset)
	if err != nil {
		return nil, err
	}
	if m.generic {
		return propositionFor(s, m)
	}
	records := m.sampleRecords(s)
	if len(m.csv.Layouts) > 0 && s.Format == "csv" {
		var counts []int
		for _, l := range m.csv.Layouts {
			counts = append(counts, len(l), len(l)+1)
		}
		if rows := headless(m.csv.Layouts, counts, s.Rows); rows != nil {
			records = rows
		}
	}
	if len(records) == 0 {
		return nil, errNoRecords
	}
	w := &initWriter{m: m, survey: m.survey(records)}
	w.linef("# How this export becomes users of Kinde. Checked with: kinde-migrate mapping check FILE --mapping THIS")
	w.linef("# Lines that begin with # are suggestions: remove the # from what you want.")
	w.linef("")
	w.linef("# %s (%s)", comment(m.title), comment(why))
	w.linef("extends: %s", preset)
	w.names("connections", "the source's provider -> id of the tenant's connection; ~ leaves it out", w.survey.providers, "conn_")
	w.names("organizations", "the source's organization -> Kinde's code or external id", w.survey.organizations, "org_")
	w.names("roles", "the source's role -> Kinde's key", w.survey.roles, "")
	w.names("permissions", "the source's permission -> Kinde's key", w.survey.permissions, "")
	w.unread(records)
	w.fields()
	return w.Bytes(), nil
}

// propositionFor writes a mapping of its own for a file that no provider wrote.
func propositionFor(s Sample, dict *Mapping) ([]byte, error) {
	found := findRecords(s)
	if len(found.list) == 0 {
		return nil, errNoRecords
	}
	w := &initWriter{}
	w.writeProposal(found, propose(found, dict), s.Format)
	return w.Bytes(), nil
}

// Found returns where the records of a sample seem to lie, "" at its top, and the
// paths of what they hold, for who has to be told that no preset fits.
func Found(s Sample) (where string, names []string) {
	found := findRecords(s)
	for _, o := range observe(found.list) {
		names = append(names, cleanName(o.path))
	}
	return cleanName(found.path), names
}

var errNoRecords = errors.New("the sample holds no records")

type initWriter struct {
	bytes.Buffer
	m      *Mapping
	survey survey
}

func (w *initWriter) linef(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// comment makes a text safe to stand behind a #.
func comment(s string) string { return cleanName(s) }

// names suggests one line for each name that the sample holds.
func (w *initWriter) names(section, what string, names map[string]int, placeholder string) {
	if len(names) == 0 {
		return
	}
	w.linef("")
	w.linef("# %s", what)
	w.linef("# %s:", section)
	for i, n := range sortedKeys(names) {
		if i == 50 {
			w.linef("#   … and %d more", len(names)-i)
			break
		}
		to := strconv.Quote(n)
		if placeholder != "" {
			to = placeholder + "…"
		}
		w.linef("#   %s: %s", strconv.Quote(cleanName(n)), to)
	}
}

// unread suggests what to do with the places that nothing reads.
func (w *initWriter) unread(records []Value) {
	read := map[string]bool{}
	for _, f := range w.m.Fields() {
		read[f.Path] = f.Fate != NotRead
	}
	p := &proposal{records: len(records), taken: map[*observed]bool{}, out: map[string][]proposedLine{}, keys: map[string]bool{}}
	for _, o := range observe(records) {
		if known, met := read[o.path]; met && !known {
			p.observed(o)
		}
	}
	p.secrets()
	p.properties()
	if len(p.places) == 0 {
		return
	}
	w.linef("")
	w.linef("# These fields are not read yet. Kinde can keep them as properties. Don't put secrets there.")
	w.linef("# add:")
	for _, section := range []string{"mfa", "properties", "drop"} {
		for i, l := range p.out[section] {
			if i == 0 && section != "mfa" {
				w.linef("#   %s:", section)
			}
			l.text = "#   " + l.text
			w.line(l)
		}
	}
}

func quoteYAML(s string) string { return "'" + strings.ReplaceAll(cleanName(s), "'", "''") + "'" }

// fields lists what the sample holds and who reads it.
func (w *initWriter) fields() {
	w.linef("")
	w.linef("# The fields of %d sampled records: how many records have it, and what reads it.", w.survey.records)
	for _, f := range w.survey.fields {
		targets := strings.Join(w.m.targets([]string{f.name}), ", ")
		if targets == "" {
			targets = w.readsInside(f.name)
		}
		switch {
		case targets != "":
		case w.m.ks.isRead(f.name):
			targets = "dropped or ignored"
		default:
			targets = "dropped: nothing reads it"
		}
		w.linef("#   %-30s %3d %%  %s", comment(f.name), f.filled*100/w.survey.records, targets)
	}
}

// readsInside names what reads members of a field.
func (w *initWriter) readsInside(field string) string {
	var out []string
	for _, r := range w.m.reads {
		if r.target != "join" && r.target != "drop" && len(r.steps) > 0 && w.m.covers(r.steps[:1], []string{field}) {
			out = append(out, r.target)
		}
	}
	out = compact(out)
	if len(out) > 4 {
		out = append(out[:4], "…")
	}
	return strings.Join(out, ", ")
}

// survey is what a sample holds.
type survey struct {
	records                                      int
	fields                                       []fieldCount
	providers, organizations, roles, permissions map[string]int
}

type fieldCount struct {
	name   string
	filled int
}

func (m *Mapping) survey(records []Value) survey {
	s := survey{
		records:       len(records),
		providers:     map[string]int{},
		organizations: map[string]int{},
		roles:         map[string]int{},
		permissions:   map[string]int{},
	}
	at := map[string]int{}
	for _, v := range records {
		for i, k := range v.Keys {
			if strings.HasPrefix(k, "$") {
				continue
			}
			if _, seen := at[k]; !seen {
				at[k] = len(s.fields)
				s.fields = append(s.fields, fieldCount{name: k})
			}
			if !empty(v.Elems[i]) {
				s.fields[at[k]].filled++
			}
		}
		res := m.Map(&Record{Fields: v}, nil)
		for _, l := range res.User.Links {
			s.providers[l.Provider]++
		}
		for _, ms := range res.User.Memberships {
			for _, name := range []string{ms.Organization.Code, ms.Organization.ExternalID, ms.Organization.Name} {
				if name != "" {
					s.organizations[name]++
					break
				}
			}
			for _, r := range ms.Roles {
				s.roles[r]++
			}
			for _, p := range ms.Permissions {
				s.permissions[p]++
			}
		}
	}
	sort.SliceStable(s.fields, func(i, j int) bool { return s.fields[i].filled > s.fields[j].filled })
	return s
}
