package job

// A RefusedError tells that a run was not begun, or stopped before its first
// write, because of what it was asked for. Kind decides the exit code.
type RefusedError struct {
	Kind    RefusalKind
	Message string
	Try     string // what to do
}

func (e *RefusedError) Error() string { return e.Message }

// RefusalKind is the kind of a refusal.
type RefusalKind string

// The kinds of refusals.
const (
	OptionsChanged   RefusalKind = "options-changed"   // exit 2
	StrictNames      RefusalKind = "strict"            // exit 2
	BadOptions       RefusalKind = "bad-options"       // exit 2
	SourceIncomplete RefusalKind = "source-incomplete" // exit 5
	OtherTenant      RefusalKind = "other-tenant"      // exit 5
	OtherSource      RefusalKind = "other-source"      // exit 5
	OtherCommand     RefusalKind = "other-command"     // exit 5
)
