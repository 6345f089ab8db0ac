package chaos

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
	"github.com/kinde-migrate/kinde-migrate/internal/importer"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/internal/report"
	"github.com/kinde-migrate/kinde-migrate/internal/sandbox"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// TestSequences imports random sources again and again, with random edits, cuts,
// faults and options between the runs. The oracle, in words:
//
//   - Whoever was in the tenant before the first import and is in no source is
//     left exactly as they were.
//   - An account that carries one person's name, city or password carries no
//     other person's: nobody gets into an account that is not theirs.
//   - At no instant, between any two requests, does a user of ours have no identity.
//   - A run that is refused sends no write.
//   - After a run that came to its end every record of the source is in one
//     class, and what its class and its problems say is what the tenant shows: a
//     record that was imported without a complaint has all that the source says,
//     and signs in with the password that the source has; a record that was not
//     imported has a problem that says why.
//   - The read-back never counts more matches than the tenant has, and its
//     numbers add up to the records.
//   - Nobody is in the tenant twice.
//   - Users who left a source that was read whole are suspended or deleted when
//     that was asked for; of a source that was cut, nobody is.
//   - A whole source, mirrored twice without faults, ends with everybody in the
//     tenant, unless somebody else in the tenant or in the source has what is theirs.
//   - Those whom the job brought have then nothing that the source does not say,
//     whatever a run before did without an answer, unless a complaint names it.
//   - A dry run foretells the classes of the run after it, and sends no write.
//
// KINDE_SEQUENCES says how many sequences to try (16 unless given);
// KINDE_SEQUENCE is the first of them, and alone tries that one again.
func TestSequences(t *testing.T) {
	first, n := uint64(0), uint64(16)
	if text := os.Getenv("KINDE_SEQUENCE"); text != "" {
		first, _ = strconv.ParseUint(text, 10, 64)
		n = 1
	}
	if text := os.Getenv("KINDE_SEQUENCES"); text != "" {
		n, _ = strconv.ParseUint(text, 10, 64)
	}
	failed := 0
	for seed := first; seed < first+n; seed++ {
		ok := t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s := &sequence{seed: seed, random: rand.New(rand.NewPCG(seed, 17)), dir: t.TempDir()}
			if seed%8 == 0 { // files and dry runs; no faults, so no virtual time is needed
				s.t, s.onDisk = t, true
				s.play()
				return
			}
			synctest.Test(t, func(t *testing.T) {
				s.t = t
				s.play()
			})
		})
		if !ok {
			if failed++; failed == 10 {
				t.Fatal("ten sequences failed; the rest is not tried")
			}
		}
	}
}

// sequence is one story: a tenant, two companies' sources, runs and edits.
type sequence struct {
	t      *testing.T
	seed   uint64
	random *rand.Rand
	dir    string
	onDisk bool // checkpoints are files, and each run is rehearsed

	tenant    *sandbox.Tenant
	strangers map[string]string // id -> all that the tenant shows
	sources   []*origin
	wire      *wire
	story     []string // what happened, told when the oracle disagrees
}

// origin is one company's source and what its checkpoint knows.
type origin struct {
	name   string
	prefix string // for colliding ids; "" takes them as they are
	people []*soul
	store  *checkpoint.Store
	path   string // of the checkpoint, on disk
	whole  bool   // the file as written last holds everybody
	ever   map[int]bool
	ids    map[string]bool // that its people have had
}

func (s *sequence) tell(format string, args ...any) {
	s.story = append(s.story, fmt.Sprintf(format, args...))
}

func (s *sequence) fail(format string, args ...any) {
	s.t.Helper()
	s.t.Errorf("%s", fmt.Sprintf(format, args...))
}

func (s *sequence) chance(percent int) bool { return s.random.IntN(100) < percent }

func (s *sequence) play() {
	s.build()
	defer func() {
		if s.t.Failed() {
			for _, line := range s.story {
				s.t.Log(line)
			}
		}
		for _, o := range s.sources {
			if o.store != nil {
				o.store.Close()
			}
		}
		s.tenant.Close()
	}()
	for range 2 + s.random.IntN(5) {
		o := s.sources[s.random.IntN(len(s.sources))]
		if len(o.ever) > 0 {
			for range s.random.IntN(4) {
				s.edit(o)
			}
		}
		s.run(o, s.options(o), !s.onDisk && s.chance(30))
		if s.t.Failed() {
			return
		}
	}
	for _, o := range s.sources {
		s.settle(o)
	}
}

// settle mirrors a whole source twice without faults: then everybody is there.
func (s *sequence) settle(o *origin) {
	opt := importer.Options{
		OnExisting:         importer.Update,
		OverwritePasswords: true,
		Mirror:             true,
		MaxGone:            100,
		RetryFailed:        true,
		AcceptChanges:      true,
	}
	for range 2 {
		s.write(o, "")
		s.run(o, opt, false)
		if s.t.Failed() {
			return
		}
	}
	s.everybody(o)
	s.nothingElse(o)
}

// run imports a source once, and asks the oracle.
func (s *sequence) run(o *origin, opt importer.Options, faults bool) {
	damage := ""
	if len(o.ever) > 0 && s.chance(12) && opt.RetryFailed == false {
		damage = []string{"cut", "bad byte", "no id", "empty"}[s.random.IntN(4)]
	}
	lines := s.write(o, damage)
	opt.Concurrency = 1 + s.random.IntN(4)
	s.tell("run %s damage=%q faults=%v %+v: %v", o.name, damage, faults, brief(opt), o.people)
	var foretold map[checkpoint.Outcome]int64
	if s.onDisk {
		foretold = s.rehearse(o, opt)
	}
	before := s.everything()
	s.wire.reset(s, faults)
	result, err := s.importOnce(o, opt)
	// Now and then nobody tries again before the source changes.
	abandoned := faults && s.chance(30)
	for try := 0; faults && !abandoned && try < 20 && (err != nil && !refusal(err) || result.Interrupted ||
		result.Totals[checkpoint.Failed] > 0); try++ {
		s.tell("  again: %v, interrupted %v, %v", err, result.Interrupted, result.Totals)
		s.wire.reset(s, try < 10)
		result, err = s.importOnce(o, opt)
	}
	s.tell("  -> %v %v, read back %+v, %d writes", result.Totals, err, result.Read, s.wire.writes)
	s.untouched()
	switch {
	case s.wire.stranded != "":
		s.fail("at some instant %s", s.wire.stranded)
	case abandoned && (err != nil || result.Interrupted):
		return
	case refusal(err):
		if after := s.everything(); after != before && !faults {
			s.fail("the run was refused (%v), and the tenant changed", err)
		}
		if damage == "" {
			s.fail("a whole source was refused: %v", err)
		}
		return
	case err != nil:
		if damage != "empty" {
			s.fail("the run ended with %v", err)
		}
		return
	}
	if foretold != nil && fmt.Sprint(foretold) != fmt.Sprint(result.Totals) {
		s.fail("the dry run said %v, the run %v", foretold, result.Totals)
	}
	s.judge(o, opt, result, lines, damage)
}

func refusal(err error) bool {
	_, ok := errors.AsType[*job.RefusedError](err)
	return ok
}

func brief(o importer.Options) string {
	return fmt.Sprintf(
		"existing=%s overwrite=%v mirror=%v gone=%s max=%g",
		o.OnExisting,
		o.OverwritePasswords,
		o.Mirror,
		cmp.Or(o.Gone, "keep"),
		o.MaxGone,
	)
}

// checkpointOf opens the checkpoint of an origin that lies on disk.
func (s *sequence) checkpointOf(o *origin) (store *checkpoint.Store, closing func()) {
	if o.path == "" {
		return o.store, func() {}
	}
	store, _, err := checkpoint.Open(context.Background(), o.path)
	if err != nil {
		s.t.Fatal(err)
	}
	return store, func() { _ = store.Close() }
}

func (s *sequence) importOnce(o *origin, opt importer.Options) (importer.Result, error) {
	store, closing := s.checkpointOf(o)
	defer closing()
	return s.importWith(o, opt, store)
}

// rehearse runs dry on a copy of the checkpoint.
func (s *sequence) rehearse(o *origin, opt importer.Options) map[checkpoint.Outcome]int64 {
	store, err := checkpoint.OpenCopy(context.Background(), o.path, s.dir)
	if err != nil {
		s.t.Fatal(err)
	}
	defer store.Close()
	opt.DryRun = true
	before := s.everything()
	s.wire.reset(s, false)
	result, err := s.importWith(o, opt, store)
	if s.everything() != before || s.wire.writes > 0 {
		s.fail("a dry run wrote")
	}
	if err != nil {
		return nil
	}
	return result.Totals
}

func (s *sequence) importWith(o *origin, opt importer.Options, store *checkpoint.Store) (importer.Result, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.wire.cancel = cancel
	source, err := intake.Open(
		ctx,
		intake.Options{Files: []string{o.file(s)}, Preset: "generic", IDPrefix: o.prefix, TempDir: s.dir, Workers: 2},
	)
	if err != nil {
		return importer.Result{}, err
	}
	defer source.Close()
	recorder := engine.NewRecorder()
	tokens, err := kinde.NewClientCredentials(
		kinde.BaseURL(s.tenant.BaseURL()),
		kinde.ClientCredentials{ClientID: s.tenant.ClientID, ClientSecret: s.tenant.ClientSecret, Transport: sandbox.Transport(s.tenant)},
	)
	if err != nil {
		s.t.Fatal(err)
	}
	client, err := kinde.New(
		kinde.Config{BaseURL: kinde.BaseURL(s.tenant.BaseURL()), Transport: s.wire, Tokens: tokens, Observe: recorder.Observe},
	)
	if err != nil {
		s.t.Fatal(err)
	}
	result, err := importer.Run(ctx, importer.Job{Source: source, Target: client, Checkpoint: store, Recorder: recorder}, opt)
	if err == nil && !opt.DryRun {
		if _, err := report.Fold(context.Background(), store); err != nil {
			s.fail("the report: %v", err)
		}
	}
	return result, err
}

func (o *origin) file(s *sequence) string { return filepath.Join(s.dir, o.name+".ndjson") }

// options draws what an operator may ask for.
func (s *sequence) options(o *origin) importer.Options {
	opt := importer.Options{AcceptChanges: true, MaxGone: 100}
	opt.OnExisting = []importer.OnExisting{importer.Skip, importer.Update, importer.Fail}[s.random.IntN(3)]
	opt.OverwritePasswords = s.chance(40)
	opt.Mirror = s.chance(50)
	opt.Gone = []importer.Gone{importer.KeepGone, importer.KeepGone, importer.SuspendGone, importer.DeleteGone}[s.random.IntN(4)]
	opt.NoReconcile = s.chance(10)
	return opt
}

// problemsOf lists what the checkpoint says of a record.
func problemsOf(s *sequence, r *checkpoint.Reader, record int64) []checkpoint.Problem {
	list, err := r.ProblemsOf(context.Background(), record)
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}
