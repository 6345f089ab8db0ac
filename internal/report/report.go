// Package report says what happened: it folds the state of a job into one
// Report, and writes it as text for people, as JSON for machines, as a table of
// outcomes, and as the records that need another look in their own format.
//
// It reads the checkpoint and the source, never the tenant, and changes
// neither. Every file is written through internal/atomicfile.
package report

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// Schema names the version of the JSON document; docs/report.schema.json describes it.
const Schema = "kinde-migrate.report/1"

// MaxItems is how many problems and differences the document lists. The counts cover all.
const MaxItems = 1000

// Report is the result of a run. Its JSON form is stable: keys may be added,
// but what is there keeps its name and meaning.
type Report struct {
	Schema         string         `json:"schema"`
	Command        string         `json:"command"`
	Version        string         `json:"version"`
	RunID          string         `json:"run_id"`
	StartedAt      time.Time      `json:"started_at"`
	FinishedAt     time.Time      `json:"finished_at"`
	ElapsedSeconds float64        `json:"elapsed_seconds"`
	DryRun         bool           `json:"dry_run"`
	Interrupted    bool           `json:"interrupted"`
	Resumed        bool           `json:"resumed"`
	Options        map[string]any `json:"options"`

	Source         Source          `json:"source"`
	Target         Target          `json:"target"`
	Totals         Totals          `json:"totals"`
	Steps          map[string]Step `json:"steps"`
	Passwords      Passwords       `json:"passwords"`
	SignIn         SignIn          `json:"sign_in"`
	API            API             `json:"api"`
	Reconciliation Reconciliation  `json:"reconciliation"`
	Problems       Problems        `json:"problems"`

	// Organizations forecasts the first sign-in per organization, the largest first.
	Organizations []OrganizationSignIn `json:"organizations,omitempty"`
	// Stopped says why a run ended before its end, "" when it did not.
	Stopped string `json:"stopped,omitempty"`
	// LongestOpenMS is the longest time between a create and its suspension, in milliseconds.
	LongestOpenMS int64 `json:"longest_open_ms,omitempty"`
	// Files names what was written beside this document.
	Files []string `json:"files,omitempty"`
	// Rejects are the SHA-256 digests of the files of rejects as they were written, by name.
	Rejects map[string]string `json:"rejects,omitempty"`

	again bool
}

// Source is what was read.
type Source struct {
	Files         []File   `json:"files"`
	Companions    []File   `json:"companions,omitempty"`
	Format        string   `json:"format"`
	Preset        string   `json:"preset"`
	Evidence      []string `json:"evidence,omitempty"`
	MappingSHA256 string   `json:"mapping_sha256"`
	Rows          int64    `json:"rows"`
	Filtered      int64    `json:"filtered"`
	// Gone counts the users whom earlier sources of the job held and this one does not, and who stay in the tenant.
	Gone int64 `json:"gone,omitempty"`
	// Standing counts the users of earlier sources who stay in the tenant as they are, because their records are rejected or left out now.
	Standing int64 `json:"standing,omitempty"`
	// Fields tells what becomes of each place of the records that holds something; FieldSums counts all of them.
	Fields    []SourceField `json:"fields,omitempty"`
	FieldSums FieldSums     `json:"field_sums"`
	// Joins tells how the rows of each companion, and of side tables in the source itself, met the users.
	Joins []Join `json:"joins,omitempty"`
	// Notices say once of the whole source what no single record shows.
	Notices []mapping.Notice `json:"notices,omitempty"`
}

// File is one file of the source.
type File struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Role   string `json:"role,omitempty"`
}

// Target is the tenant.
type Target struct {
	Domain      string `json:"domain"`
	Environment string `json:"environment"`
	Live        bool   `json:"live"`
	// Rehearsal says that the tenant is a sandbox on this machine: what the report tells proves nothing of a real one.
	Rehearsal bool `json:"rehearsal,omitempty"`
}

// TargetAt describes the tenant at origin. Plain http is for this machine
// alone, so whatever answers there is a sandbox.
func TargetAt(origin, environment string, live bool) Target {
	return Target{Domain: origin, Environment: environment, Live: live, Rehearsal: strings.HasPrefix(origin, "http://")}
}

// Totals counts the records by their class; a record is in exactly one.
type Totals struct {
	Records   int64 `json:"records"`
	Created   int64 `json:"created"`
	Updated   int64 `json:"updated"`
	Unchanged int64 `json:"unchanged"`
	Skipped   int64 `json:"skipped"`
	Rejected  int64 `json:"rejected"`
	Failed    int64 `json:"failed"`
	Pending   int64 `json:"pending"`
	Deleted   int64 `json:"deleted"`
}

// sum adds up the classes.
func (t Totals) sum() int64 {
	return t.Created + t.Updated + t.Unchanged + t.Skipped + t.Rejected + t.Failed + t.Pending + t.Deleted
}

// Step counts things of one kind: memberships, properties, roles.
type Step struct {
	Wanted int64 `json:"wanted"`
	Done   int64 `json:"done"`
	Failed int64 `json:"failed"`
}

// StepNames are the keys of Report.Steps, in the order of the summary.
var StepNames = [...]string{
	"identities", "social", "suspensions", "properties", "passwords", "flags", "memberships", "roles", "permissions",
}

// Passwords says what became of the hashes.
type Passwords struct {
	Set            int64            `json:"set"`
	ByMethod       map[string]int64 `json:"by_method"`
	Unsupported    int64            `json:"unsupported"`
	Stale          int64            `json:"stale"`
	ResetRequested int64            `json:"reset_requested"`
	Hashes         int64            `json:"hashes"`
	Joined         int64            `json:"joined"`
	JoinedNobody   int64            `json:"joined_nobody"`
	// ByFile counts those of Set that the dashboard's import was given in a file of convert.
	ByFile int64 `json:"by_file,omitempty"`
	// Proved counts the known passwords of --verify-password that opened their mapped hash.
	Proved int64 `json:"proved,omitempty"`
}

// SignIn forecasts how people will sign in for the first time.
type SignIn struct {
	SamePassword int64 `json:"same_password"`
	NewPassword  int64 `json:"new_password"`
	Social       int64 `json:"social"`
	Code         int64 `json:"code"`
	Suspended    int64 `json:"suspended"`
	None         int64 `json:"none"`
	MFALost      int64 `json:"mfa_lost"`
}

// Count adds one person who will sign in in this way (same_password, new_password, social, code, suspended, none).
func (s *SignIn) Count(way string, n int64) {
	switch way {
	case "same_password":
		s.SamePassword += n
	case "new_password":
		s.NewPassword += n
	case "social":
		s.Social += n
	case "code":
		s.Code += n
	case "suspended":
		s.Suspended += n
	case "none":
		s.None += n
	}
}

// OrganizationSignIn is the forecast for one organization.
type OrganizationSignIn struct {
	Organization string `json:"organization"`
	Users        int64  `json:"users"`
	SignIn
}

// API counts the requests of this process to the Management API.
type API struct {
	Calls          int64                `json:"calls"`
	Throttled      int64                `json:"throttled"`
	Retried        int64                `json:"retried"`
	CallsPerUser   float64              `json:"calls_per_user"`
	CallsPerSecond float64              `json:"calls_per_second"`
	LearnedRate    float64              `json:"learned_rate"`
	ByOperation    map[string]Operation `json:"by_operation"`
	// CallsPlanned is exact for a dry run without faults; a validation gives a range.
	CallsPlanned map[string]Planned `json:"calls_planned,omitempty"`
	// PlannedSeconds is how long the planned calls take at the given rate.
	PlannedSeconds *Planned `json:"planned_seconds,omitempty"`
	PlannedRate    float64  `json:"planned_rate,omitempty"`
}

// Operation counts the requests of one of Kinde's operations.
type Operation struct {
	Calls     int64 `json:"calls"`
	Succeeded int64 `json:"succeeded"`
	Failed    int64 `json:"failed"`
}

// Planned is a number of calls (or of seconds) to expect. In JSON an exact one
// is a number, a range is {"min":…,"max":…}.
type Planned struct {
	Min, Max int64
	Exact    bool // from a dry run: nothing but faults can change it
}

// MarshalJSON writes a number or a range.
func (p Planned) MarshalJSON() ([]byte, error) {
	if p.Exact {
		return strconv.AppendInt(nil, p.Min, 10), nil
	}
	return fmt.Appendf(nil, `{"min":%d,"max":%d}`, p.Min, p.Max), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Planned) UnmarshalJSON(data []byte) error {
	if n, err := strconv.ParseInt(string(data), 10, 64); err == nil {
		*p = Planned{n, n, true}
		return nil
	}
	var r struct{ Min, Max int64 }
	if err := json.Unmarshal(data, &r); err != nil {
		return err
	}
	*p = Planned{Min: r.Min, Max: r.Max}
	return nil
}

// Reconciliation is what the read-back found.
type Reconciliation struct {
	Performed     bool         `json:"performed"`
	Fresh         bool         `json:"fresh"`       // the run of this report looked; else an earlier one did, or this is its report once more
	At            time.Time    `json:"at,omitzero"` // when somebody looked last
	Matched       int64        `json:"matched"`
	Missing       int64        `json:"missing"`
	Different     int64        `json:"different"`
	Explained     int64        `json:"explained"`
	Unexpected    int64        `json:"unexpected"`
	CheckedFields []string     `json:"checked_fields"`
	NotVerifiable []string     `json:"not_verifiable"`
	Differences   []Difference `json:"differences"`
	Truncated     bool         `json:"differences_truncated,omitempty"`
	// Older counts users of the tenant that no record describes and that were there before the checkpoint's first run.
	Older int64 `json:"older,omitempty"`
	// VerifiedOf counts users that are there; of VerifiedChecked of them the verified states were compared, one by one.
	VerifiedOf      int64 `json:"verified_of,omitempty"`
	VerifiedChecked int64 `json:"verified_checked,omitempty"`
	// FoundBefore counts what was missing or different before --fix; the other numbers tell what is left.
	FoundBefore int64 `json:"found_before_fix,omitempty"`
}

// Difference is one thing that is not as the source describes it.
type Difference struct {
	SourceID string `json:"source_id"`
	KindeID  string `json:"kinde_id"`
	Kind     string `json:"kind"` // missing, different, unexpected
	Field    string `json:"field"`
	Expected string `json:"expected"`
	Actual   string `json:"actual"`
}

// Problems lists what was found wrong.
type Problems struct {
	ByCode    map[string]int64 `json:"by_code"`
	Truncated bool             `json:"truncated"`
	Items     []Problem        `json:"items"`
}

// Problem is something wrong with one record; record 0 is the source as a whole.
type Problem struct {
	File     string `json:"file"`
	Record   int64  `json:"record"`
	Line     int64  `json:"line"`
	SourceID string `json:"source_id"`
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Field    string `json:"field"`
	Message  string `json:"message"`
	Hint     string `json:"hint"`
}

// New returns an empty report with every list and map in place, so that its
// JSON holds [] and {} rather than null.
func New(command string) *Report {
	r := &Report{Schema: Schema, Command: command, Options: map[string]any{}, Steps: map[string]Step{}}
	for _, name := range StepNames {
		r.Steps[name] = Step{}
	}
	r.Source.Files = []File{}
	r.Passwords.ByMethod = map[string]int64{}
	r.API.ByOperation = map[string]Operation{}
	r.Reconciliation.CheckedFields = []string{}
	r.Reconciliation.NotVerifiable = []string{}
	r.Reconciliation.Differences = []Difference{}
	r.Problems.ByCode = map[string]int64{}
	r.Problems.Items = []Problem{}
	return r
}
