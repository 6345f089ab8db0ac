//go:build race

package importer

// underRace tells that the race detector watches: it makes SQLite about ten
// times slower, so the random rounds are fewer. The plain run has them all.
const underRace = true
