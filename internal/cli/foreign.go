package cli

// foreign turns errors of other packages into an exit code and advice.
func foreign(err error) (Code, string, bool) {
	return exitFailed, "", false
}
