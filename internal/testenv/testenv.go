// Package testenv says how much of the machine a test program takes. A test imports it
// for this; no other package does.
//
// `go test` runs as many test programs at once as there are processors. A program that
// takes all of them for itself spends a third of its time on handing goroutines from one
// to the other, and on collecting garbage of tests that are over soon. So each takes one
// thread and a larger heap. The tests run on all threads with the race detector on, or
// where GOMAXPROCS and GOGC say so.
package testenv

import (
	"flag"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
)

func init() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMAXPROCS") == "" && !raceDetector {
		runtime.GOMAXPROCS(1)
	}
}

// Parallel lets n tests run at once that mostly wait, for processes or for the clock.
// -parallel counts if it is given. A TestMain calls it before its tests.
func Parallel(n int) {
	flag.Parse()
	said := false
	flag.Visit(func(f *flag.Flag) { said = said || f.Name == "test.parallel" })
	if said {
		return
	}
	if err := flag.Set("test.parallel", strconv.Itoa(n)); err != nil {
		panic(err)
	}
}
