package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"hash/maphash"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
)

// Intake is an opened source: its files, their mapping, and the indexes of what
// is joined to them. Scan must run alone; the other methods may be called from
// several goroutines.
type Intake struct {
	opts   Options
	env    *mapping.Env
	m      *mapping.Mapping
	src    Source
	sample mapping.Sample
	dig    digester
	keep   *selection

	files         []*usersFile
	companions    []*companion
	counters      []*rowCounter // of the companions, once they have been read
	organizations askedRows

	joinOnce sync.Once
	joinErr  error
	readOnce sync.Once
	readErr  error
	joins    []*join
	lookups  map[string]map[string]mapping.Value
	unasked  map[string]int64 // rows of tables in the file of users that are asked by key and have none

	first   *firstPass // of the last Scan
	notices []mapping.Notice
	passed  *passed     // by the last rows
	left    fieldCounts // of rows of tables that no record takes along
	secrets rowSecrets
}

// usersFile is a file of users and what lies where in it.
type usersFile struct {
	*source.File
	sites []site
	inner bool // it holds rows of side tables
}

// site is what is found at one place of a file.
type site struct {
	name   string // the members that lead there
	users  bool
	at     []mapping.RecordsAt // declared places of users; none: IsRecord decides
	tables []tableAt
}

type tableAt struct {
	table int
	at    mapping.RecordsAt
}

// companion is a file that is joined to the users.
type companion struct {
	*source.File
	role string
}

// Open opens the files, finds the preset and compiles the mapping. The caller closes the Intake.
//
// It fails when a file can't be read, a mapping is wrong, or the content fits
// several presets equally well or none; the error then shows the evidence.
func Open(ctx context.Context, opts Options) (_ *Intake, err error) {
	if opts.Workers <= 0 {
		opts.Workers = runtime.GOMAXPROCS(0)
	}
	in := &Intake{opts: opts, dig: digester{seed: maphash.MakeSeed()}, env: &mapping.Env{
		Password: password.Options{
			Assume:   opts.Assume,
			TryCrypt: opts.TryCrypt,
			Project:  opts.HashParams,
		}, IDPrefix: opts.IDPrefix, RoleScope: mapping.RoleScope(opts.RoleScope), Now: time.Now()}}
	defer func() {
		if err != nil {
			in.Close()
		}
	}()
	if len(opts.Files) == 0 {
		return nil, errors.New("no source file is given")
	}
	for _, path := range opts.Files {
		f, err := in.open(ctx, path, opts.Format)
		if err != nil {
			return nil, err
		}
		in.files = append(in.files, &usersFile{File: f})
	}
	if in.sample, err = in.files[0].Head(ctx); err != nil {
		return nil, err
	}
	if err := in.choose(); err != nil {
		return nil, err
	}
	in.dig.joined = in.m.Joined()
	in.src.Format = in.files[0].Format()
	in.src.MappingSHA256 = in.m.SHA256()
	for _, f := range in.files {
		if err := in.arrange(f); err != nil {
			return nil, err
		}
	}
	for _, c := range []struct {
		role  string
		paths []string
	}{{"passwords", opts.Passwords}, {"identities", opts.Identities}, {"memberships", opts.Memberships}, {"organizations",
		opts.Organizations}} {
		for _, path := range c.paths {
			if err := in.accompany(ctx, c.role, path); err != nil {
				return nil, err
			}
		}
	}
	if in.keep, err = newSelection(opts); err != nil {
		return nil, err
	}
	if prefix := cmp.Or(opts.IDPrefix, in.m.IDPrefix()); prefix != "" {
		in.keep.prefix = prefix + "|"
	}
	return in, nil
}

func (in *Intake) open(ctx context.Context, path string, format source.Format) (*source.File, error) {
	o := source.Options{Format: format, TempDir: in.opts.TempDir}
	if path == "-" {
		if in.opts.Stdin == nil {
			return nil, errors.New("there is no standard input to read")
		}
		return source.FromReader(ctx, "-", in.opts.Stdin, o)
	}
	f, err := source.Open(ctx, path, o)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// choose finds the mapping.
func (in *Intake) choose() (err error) {
	preset := in.opts.Preset
	if preset == "auto" {
		preset = ""
	}
	switch {
	case in.opts.MappingFile != "":
		text, err := os.ReadFile(in.opts.MappingFile)
		if err != nil {
			return fmt.Errorf("reading the mapping file: %w", err)
		}
		if in.m, err = mapping.Load(in.opts.MappingFile, text); err != nil {
			return err
		}
		in.src.Preset = in.m.Name()
		in.src.Evidence = []string{"named by the mapping file " + in.opts.MappingFile}
		return nil
	case preset != "":
		in.src.Evidence = []string{"named by --from"}
	default:
		for _, f := range in.opts.Files {
			if base := filepath.Base(f); base == "access_requests.ndjson" {
				return fmt.Errorf(
					"%s is a waiting list from Kinde's data export, not a list of users; use --from if you want to import these people",
					base,
				)
			}
		}
		matches := mapping.Detect(in.sample)
		if tied := mapping.Tied(matches); len(tied) > 0 {
			var b strings.Builder
			for _, m := range tied {
				fmt.Fprintf(&b, "\n  --from %s: %s", m.Preset, m.Evidence)
			}
			return fmt.Errorf("several presets fit this file equally well; choose one of them:%s", b.String())
		}
		if len(matches) == 0 && holdsNobody(in.sample.Head) {
			matches = []mapping.Match{{Preset: "generic", Evidence: "the file holds no records"}}
		}
		if len(matches) == 0 && in.files[0].Nameless() {
			return errNameless
		}
		if len(matches) == 0 {
			return &UnknownError{in.files[0].Name(), in.sample}
		}
		preset = matches[0].Preset
		in.src.Evidence = []string{matches[0].Evidence}
	}
	if in.m, err = mapping.Preset(preset); err != nil {
		return err
	}
	in.src.Preset = preset
	return nil
}

// UnknownError tells that no preset knows what a file holds.
type UnknownError struct {
	Name   string
	Sample mapping.Sample
}

func (e *UnknownError) Error() string {
	name := e.Name
	if name == "-" {
		name = "what stdin holds"
	}
	where, names := mapping.Found(e.Sample)
	switch {
	case len(names) == 0:
		return fmt.Sprintf("no preset fits %s, and no records were found in it", name)
	case where != "":
		return fmt.Sprintf("no preset fits %s; its records are in %s and hold %s", name, where, some(names, 12))
	}
	return fmt.Sprintf("no preset fits %s; its records hold %s", name, some(names, 12))
}

var errNameless = errors.New("the first line looks like a record, and the names of the columns should be there; " +
	"export it with a header (psql: csv header; mysql: without -N), or name the columns in a mapping file with csv: {columns: […]}")

// holdsNobody tells whether a document is an empty list, or lists that are all
// empty under their names: what an export of no users looks like.
func holdsNobody(v mapping.Value) bool {
	switch v.Kind {
	case mapping.Array:
		return !slices.ContainsFunc(v.Elems, func(x mapping.Value) bool { return !holdsNobody(x) })
	case mapping.Object:
		return len(v.Elems) > 0 &&
			!slices.ContainsFunc(v.Elems, func(x mapping.Value) bool { return x.Kind != mapping.Array || len(x.Elems) > 0 })
	}
	return false
}

// arrange tells a file where the mapping wants to look.
func (in *Intake) arrange(f *usersFile) error {
	c := in.m.CSV()
	if err := f.SetCSV(source.CSVHints{Layouts: c.Layouts, Comment: c.Comment, Lazy: c.LazyQuotes, SkipTo: c.SkipTo,
		Dialect: c.Dialect, Loose: c.Loose, Fits: c.Fits}); err != nil {
		return err
	}
	if f.Nameless() {
		return fmt.Errorf("%s: %w", f.Name(), errNameless)
	}
	var places []source.Place
	for _, r := range in.m.Records() {
		places = append(places, source.Place{Path: r.Path, Parent: r.Parent})
	}
	for _, t := range in.m.Tables() {
		for _, r := range t.At {
			places = append(places, source.Place{Path: r.Path, Parent: r.Parent, Side: true})
		}
	}
	f.SetPlaces(places)
	found := f.Places()
	if len(found) == 0 {
		found = []source.Place{{Path: []mapping.Step{{Any: '['}}}}
	}
	for _, p := range found {
		s := site{name: placeName(p.Path)}
		for _, r := range in.m.Records() {
			if atPlace(r.Path, p.Path) {
				s.users = true
				s.at = append(s.at, r)
			}
		}
		for i, t := range in.m.Tables() {
			for _, r := range t.At {
				if f.Format() != source.CSV && atPlace(r.Path, p.Path) {
					s.tables = append(s.tables, tableAt{i, r})
					f.inner = true
				}
			}
		}
		if top := len(p.Path) == 1 && p.Path[0].Any == '['; top || len(s.tables) == 0 {
			s.users = true
		}
		f.sites = append(f.sites, s)
	}
	return nil
}

func placeName(path []mapping.Step) string {
	var names []string
	for _, st := range path {
		if st.Any == 0 {
			names = append(names, st.Key)
		}
	}
	return strings.Join(names, ".")
}

// atPlace tells whether a place of the mapping is the one that was found: an array
// of documents holds it one level deeper.
func atPlace(wanted, found []mapping.Step) bool {
	return slices.Equal(wanted, found) || len(found) > 1 && found[0].Any == '[' && slices.Equal(wanted, found[1:])
}

// isUser tells whether a parsed row is a record.
func (in *Intake) isUser(s *site, v mapping.Value) bool {
	if !s.users || holdsNobody(v) {
		return false
	}
	if len(s.at) == 0 {
		return in.m.IsRecord(v)
	}
	for i := range s.at {
		if s.at[i].Match(v) {
			return true
		}
	}
	return false
}

// siteFault returns why it can't be computed whether a row is a record or one of a
// side table; "" when it can.
func (in *Intake) siteFault(s *site, v mapping.Value) string {
	why := ""
	if len(s.at) == 0 {
		why = in.m.RecordFault(v)
	}
	for i := range s.at {
		why = cmp.Or(why, s.at[i].Fault(v))
	}
	for i := range s.tables {
		why = cmp.Or(why, s.tables[i].at.Fault(v))
	}
	return why
}

func (in *Intake) accompany(ctx context.Context, role, path string) error {
	if path == "-" {
		return fmt.Errorf("the file of %s can't be standard input", role)
	}
	f, err := in.open(ctx, path, "")
	if err != nil {
		return fmt.Errorf("opening the file of %s: %w", role, err)
	}
	in.companions = append(in.companions, &companion{f, role})
	var places []source.Place
	known := false
	for _, t := range in.m.Tables() {
		if t.Companion != role {
			continue
		}
		known = true
		for _, r := range t.CompanionAt {
			places = append(places, source.Place{Path: r.Path, Parent: r.Parent})
		}
	}
	if !known {
		return fmt.Errorf("the mapping %s doesn't use a file of %s", in.src.Preset, role)
	}
	f.SetPlaces(places)
	return nil
}

// Close removes temporary files.
func (in *Intake) Close() error {
	var errs []error
	for _, f := range in.files {
		errs = append(errs, f.Close())
	}
	for _, c := range in.companions {
		errs = append(errs, c.Close())
	}
	for _, j := range in.joins {
		errs = append(errs, j.index.Close())
	}
	errs = append(errs, in.first.close())
	in.files, in.companions, in.joins, in.first = nil, nil, nil, nil
	return errors.Join(errs...)
}

// Source describes the files. Sums of plain files are known after Scan.
func (in *Intake) Source() Source {
	s := in.src
	for _, f := range in.files {
		size, sum := f.Stored()
		s.Files = append(s.Files, SourceFile{Path: f.Name(), Role: "users", Bytes: size, SHA256: sum})
	}
	for _, c := range in.companions {
		size, sum := c.Stored()
		s.Companions = append(s.Companions, SourceFile{Path: c.Name(), Role: c.role, Bytes: size, SHA256: sum})
	}
	return s
}

// Sample returns the beginning of the first file, as presets are detected from.
func (in *Intake) Sample() mapping.Sample { return in.sample }

// Mapping returns the mapping that is applied.
func (in *Intake) Mapping() *mapping.Mapping { return in.m }

// ReadRaw returns length bytes at offset of the decoded file with this index.
func (in *Intake) ReadRaw(ctx context.Context, file int, offset, length int64) ([]byte, error) {
	if file < 0 || file >= len(in.files) || length < 0 || length > source.MaxRecord {
		return nil, fmt.Errorf("there is no such record in the source")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p := make([]byte, length)
	if n, err := in.files[file].ReadAt(p, offset); n < len(p) {
		return nil, fmt.Errorf("reading %s again: %w", in.files[file].Name(), err)
	}
	return p, nil
}

// Frame tells what stands around the records of a file.
func (in *Intake) Frame(file int) Frame {
	if file < 0 || file >= len(in.files) {
		return Frame{}
	}
	f := in.files[file]
	out := Frame{Format: f.Format(), Header: f.Header()}
	for i, p := range f.Places() {
		if i == 0 || !f.sites[i].users {
			continue
		}
		var names []string
		plain := true
		for k, st := range p.Path {
			if st.Any == 0 {
				names = append(names, st.Key)
			} else if k != len(p.Path)-1 {
				plain = false
			}
		}
		if plain {
			out.Path = strings.Join(names, ".")
			break
		}
	}
	return out
}
