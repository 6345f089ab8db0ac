package report

// NewOutcome makes a row of outcomes.csv of plain values.
func NewOutcome(record, line int64, sourceID, kindeID, email, outcome, signIn, code, problem string) Outcome {
	return Outcome{Record: record, Line: line, SourceID: cell(sourceID), KindeID: cell(kindeID), Email: cell(email),
		Outcome: outcome, SignIn: signIn, ProblemCode: code, Problem: cell(problem)}
}
