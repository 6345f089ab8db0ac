package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/ui"
)

// confirmer returns what is asked and said before the first write.
func (o *importOptions) confirmer(
	e *env, conn *connection, in *invocation, source *intake.Intake, progress ui.Progress,
) func(context.Context, importer.Plan) error {
	return func(ctx context.Context, plan importer.Plan) error {
		progress.Finish()
		if !o.output.quiet {
			// What can't be shown must not stop an import.
			_ = report.WriteNotices(e.io.Err, e.io.Width(), source.Notices())
			writeUnknown(e, plan.Unknown)
		}
		what := fmt.Sprintf("Import %s of %s", ui.Count(plan.Pending, "record"), strings.Join(in.args, ", "))
		return conn.confirm(ctx, plan.Environment, o.dryRun, what)
	}
}

// writeUnknown lists once what the source names and the tenant lacks.
func writeUnknown(e *env, unknown []importer.Unknown) {
	if len(unknown) == 0 {
		return
	}
	fmt.Fprintln(e.io.Err, "The source names what the tenant lacks:")
	t := &ui.Table{Head: []string{"what", "name", "records", "then"}, Right: []bool{false, false, true}}
	for i, u := range unknown {
		if i == 50 {
			t.Add("…", fmt.Sprintf("and %d more", len(unknown)-i))
			break
		}
		t.Add(u.Kind, u.Name, ui.Number(u.Count), u.Will)
	}
	_ = t.Write(e.io.Err, e.io.Width(), 2) // what can't be shown must not stop an import
}

// believed tells the importer how the gate stands.
type believed struct{ conn *connection }

// paceOf tells the importer how the connection's gate stands.
func paceOf(conn *connection) job.Pace { return believed{conn} }

// Believed returns the tenant's limit as the gate believes it.
func (b believed) Believed() (limit float64, inFlight int, held time.Duration) {
	s := b.conn.gate.Snapshot()
	if b.conn.rate > 0 {
		s.Limit = 0 // chosen, not learnt
	}
	return s.Limit, s.InFlight, s.HeldFor
}

// Learnt returns what to remember for the next run.
func (b believed) Learnt() json.RawMessage { return b.conn.learnt() }

// checkedSource looks at the rows of the first pass on their way to the
// importer, and stops it before the first request when the source is not what
// the operator demanded.
type checkedSource struct {
	*intake.Intake
	drain  context.Context // ends with the first Ctrl-C, which stops the reading
	checks *checks
	watch  func(intake.Visitor) intake.Visitor // sees each row, too; may be nil
}

// Scan is the first pass.
func (s *checkedSource) Scan(ctx context.Context, v intake.Visitor) (intake.Summary, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.drain, cancel)()
	v = s.checks.watch(v)
	if s.watch != nil {
		v = s.watch(v)
	}
	sum, err := s.Intake.Scan(ctx, v)
	if err != nil {
		return sum, err
	}
	return sum, s.checks.passed()
}

// keeper writes what Kinde can't hold to a file of its own (--keep-dropped).
type keeper struct {
	file *atomicfile.File
	out  *bufio.Writer
}

// keptRecord is one line of that file.
type keptRecord struct {
	Record   int64                      `json:"record"`
	SourceID string                     `json:"source_id"`
	Dropped  map[string]json.RawMessage `json:"dropped"`
}

func newKeeper(path string) (*keeper, error) {
	if path == "" {
		return &keeper{}, nil
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		return nil, failf("", "creating the file of --keep-dropped: %w", err)
	}
	return &keeper{f, bufio.NewWriter(f)}, nil
}

func (k *keeper) watch(next intake.Visitor) intake.Visitor {
	if k.file == nil {
		return next
	}
	return &keeping{next, k}
}

type keeping struct {
	intake.Visitor
	keeper *keeper
}

// Add keeps what the row drops, and passes it on.
func (k *keeping) Add(it intake.Item) error {
	if it.Disposition == intake.Use && len(it.User.Dropped) > 0 {
		row := keptRecord{Record: it.Number, SourceID: it.User.SourceID, Dropped: map[string]json.RawMessage{}}
		for _, d := range it.User.Dropped {
			row.Dropped[d.Field] = json.RawMessage(d.Value.JSON())
		}
		line, err := json.Marshal(row)
		if err != nil {
			return fmt.Errorf("keeping what is dropped of record %d: %w", it.Number, err)
		}
		if _, err := k.keeper.out.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return k.Visitor.Add(it)
}

func (k *keeper) commit() error {
	if k.file == nil {
		return nil
	}
	if err := k.out.Flush(); err != nil {
		return err
	}
	return k.file.Commit()
}

func (k *keeper) abort() {
	if k.file != nil {
		k.file.Abort()
	}
}

// importProgress shows the importer's progress.
type importProgress struct {
	show  ui.Progress
	stage string
}

// Phase begins a phase.
func (p *importProgress) Phase(name string, total int64) {
	p.stage = strings.ToUpper(name[:min(1, len(name))]) + name[min(1, len(name)):]
	p.show.Update(ui.Status{Stage: p.stage, Total: total})
}

// Update shows a state.
func (p *importProgress) Update(s job.State) {
	st := ui.Status{Stage: p.stage, Done: s.Done, Total: s.Total, Failed: s.Counts["failed"] + s.Counts["rejected"], PerSecond: s.Rate, Limit: s.Limit}
	if s.Held {
		st.Note = "the tenant asked everyone to wait"
	}
	p.show.Update(st)
}

// Note shows a line that stays.
func (p *importProgress) Note(message string) { p.show.Note(message) }

// isCorrection tells whether the files are what an earlier run of this job
// rejected: they complete the source and don't replace it.
func isCorrection(files []string, reportDir string) bool {
	dir, err := filepath.Abs(reportDir)
	if err != nil {
		return false
	}
	return len(files) > 0 && !slices.ContainsFunc(files, func(f string) bool {
		abs, err := filepath.Abs(f)
		return err != nil || filepath.Dir(abs) != dir && !strings.HasPrefix(filepath.Base(abs), report.RejectsPrefix)
	})
}

const anotherSource = "If it is another source than the one that brought these ids:\n"

// next says how to go on after an import.
func (o *importOptions) next(ctx context.Context, in *invocation, r *report.Report, end importEnd) []string {
	again := in.rebuilt("import", "")
	switch {
	case r.Interrupted, r.Stopped != "":
		return []string{"Go on where it stopped:\n" + again}
	case o.dryRun && o.source.idPrefix == "" && r.AsksWhoseIDs():
		return []string{anotherSource + in.rebuilt("import", "--id-prefix NAME", "report")}
	case o.dryRun:
		return []string{"Do it:\n" + in.rebuilt("import", "", "dry-run", "report")}
	case r.Problems.ByCode[string(mapping.APIFailed)] > 0:
		return []string{"Try again what was given up:\n" + again}
	case o.source.idPrefix == "" && r.AsksWhoseIDs():
		return []string{anotherSource + in.rebuilt("import", "--id-prefix NAME --accept-changes", "accept-changes")}
	case end.conn.sandbox != nil:
		state := besides(in.args, ".sandbox.tenant")
		said := fmt.Sprintf("This tenant is kept in %s, which holds what the source held, password hashes included. Start it", state)
		start := fmt.Sprintf("%s sandbox --state %s", program, shellQuote(state))
		who := somebody(ctx, end.store)
		if who == "" {
			return []string{said + ":\n" + start}
		}
		return []string{
			said + " and sign somebody in, from another terminal:\n" + start + "\n" + fmt.Sprintf(`curl -d '{"identity":"%s","password":"…"}' \`, who) +
				"\n  http://127.0.0.1:8080/sandbox/sign-in",
		}
	default:
		return nil
	}
}

// somebody returns the address of a person who keeps the password, "" when there is none.
func somebody(ctx context.Context, store *checkpoint.Store) string {
	where := checkpoint.Selection{Stage: []checkpoint.Stage{checkpoint.Present}}
	for r, err := range store.Records(ctx, where) {
		if err != nil {
			return ""
		}
		if r.SignIn == "same_password" && r.Email != "" && !strings.ContainsAny(r.Email, `"'\\`) {
			return r.Email
		}
	}
	return ""
}
