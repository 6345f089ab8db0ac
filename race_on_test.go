//go:build race

package main

// underRace tells that the tests are watched by the race detector.
const underRace = true
