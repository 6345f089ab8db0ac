package cli

// newRoot returns the tree of commands, in the order in which help lists them.
// doc.go tells how to add one.
func newRoot(e *env) *command {
	return &command{
		name:  program,
		short: "Move users from any identity provider into Kinde, and prove that everyone arrived.",
		sub: []*command{
			newImport(e),
			newValidate(e),
			newPlan(e),
			newInspect(e),
			newMapping(e),
			newStatus(e),
			newResume(e),
			newReport(e),
			newReconcile(e),
			newAdoption(e),
			newSandbox(e),
			newExport(e),
			newBackup(e),
			newRestore(e),
			newRollback(e),
			newUsers(e),
			newDoctor(e),
			newCanary(e),
			newConfig(e),
			newInit(e),
			newVersion(e),
			newCompletion(e),
			newMan(e),
		},
	}
}
