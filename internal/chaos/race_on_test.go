//go:build race

package chaos

// underRace tells that the tests themselves are watched by the race detector.
const underRace = true
