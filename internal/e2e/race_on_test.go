//go:build race

package e2e

// underRace tells that the tests are watched by the race detector.
const underRace = true
