package cli

import (
	"errors"

	"github.com/kinde-migrate/kinde-migrate/internal/backup"
	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/exporter"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/job"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Advice turns errors of other packages into an exit code and advice.
func Advice(err error) (Code, string, bool) {
	if e, ok := errors.AsType[*kinde.Error](err); ok {
		switch e.Class {
		case kinde.ClassAuth:
			return ExitAuth, authAdvice(e), true
		case kinde.ClassUnreachable:
			return ExitFailed, "check KINDE_DOMAIN and the network; the same command continues where it stopped", true
		}
	}
	if e, ok := errors.AsType[*job.RefusedError](err); ok {
		switch e.Kind {
		case job.OtherTenant, job.OtherSource, job.OtherCommand, job.SourceIncomplete:
			return ExitCheckpoint, e.Try, true
		default:
			return ExitUsage, e.Try, true
		}
	}
	if e, ok := errors.AsType[*intake.RefusedError](err); ok {
		return ExitUsage, e.Try, true
	}
	if _, ok := errors.AsType[*backup.DamagedError](err); ok {
		return ExitDifferences, "use another backup; kinde-migrate backup verify shows what else is damaged", true
	}
	if _, ok := errors.AsType[*exporter.FilterError](err); ok {
		return ExitUsage, "correct the expression in --filter", true
	}
	switch checkpoint.ReasonOf(err) {
	case checkpoint.InUse:
		return ExitCheckpoint, "wait until the other run has finished, or choose another file with --checkpoint", true
	case checkpoint.Damaged:
		return ExitCheckpoint, "keep the file, and start again with a new --checkpoint and --on-existing update: the tenant is read again, and nobody is created twice", true
	case checkpoint.Gone:
		return ExitCheckpoint, "rename the saved file back, and run the same command again", true
	case checkpoint.Newer:
		return ExitCheckpoint, "use the newer release of " + Program, true
	case checkpoint.Foreign:
		return ExitCheckpoint, "name another file with --checkpoint", true
	case checkpoint.NoSpace:
		return ExitFailed, roomAdvice, true
	case checkpoint.Denied:
		return ExitFailed, "let this user write to the checkpoint and its folder, with chmod or chown, or choose another place with --checkpoint", true
	case checkpoint.ReadOnly:
		return ExitFailed, "choose a place that you can write to with --checkpoint", true
	}
	return ExitFailed, "", false
}

// DomainAdvice says what to do where a tenant may have been called by a domain that
// does not serve the Management API; "" where it was not.
func DomainAdvice(origin string, err error) string {
	if customDomain(origin) && unserved(err) {
		return customDomainAdvice
	}
	return ""
}

// unserved tells whether something answered that does not serve the Management API:
// it refused the credentials, or said something else. Where nothing answers, nobody
// can tell what the host would serve.
func unserved(err error) bool {
	e, ok := errors.AsType[*kinde.Error](err)
	return ok && e.Status != 0 &&
		(e.Class == kinde.ClassAuth && e.Scope == "" || e.Class == kinde.ClassUnreachable || e.Class == kinde.ClassNotFound ||
			e.Class == kinde.ClassFinal && e.Status/100 != 5)
}

// authAdvice says what to mend in the tenant.
func authAdvice(e *kinde.Error) string {
	if e.Scope != "" {
		return "enable the scope " + e.Scope + " for the M2M application in Kinde, under its APIs"
	}
	return "check the client id and the client secret, and that the application is authorized for the Kinde Management API"
}
