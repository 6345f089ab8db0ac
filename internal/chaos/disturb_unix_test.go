//go:build unix

package chaos

import (
	"os"
	"syscall"
	"time"
)

// patient are the disturbances.
func patient() []disturbance {
	return []disturbance{
		{name: "SIGSTOP", act: stopped, tenant: []string{"--token-lifetime", "1s", "--rate-limit", "150", "--burst", "5"}, ends: []int{0}},
		{name: "SIGHUP", act: signals(0, syscall.SIGHUP), ends: []int{0}},
		{name: "SIGTERM", act: signals(0, syscall.SIGTERM), within: graceOf + 5*time.Second, ends: []int{0, 130}},
		{
			name:   "SIGINT twice",
			act:    signals(50*time.Millisecond, syscall.SIGINT, syscall.SIGINT),
			within: graceOf + 5*time.Second,
			ends:   []int{0, 130},
		},
		{
			name:   "SIGINT three times",
			act:    signals(20*time.Millisecond, syscall.SIGINT, syscall.SIGINT, syscall.SIGINT),
			within: graceOf + 5*time.Second,
			ends:   []int{0, 130},
		},
	}
}

// stopped stops a process for longer than the token of its tenant lives, and than
// the hold that a throttled request asks for.
func stopped(p *os.Process, ended <-chan struct{}) {
	_ = p.Signal(syscall.SIGSTOP) // it may have ended
	select {
	case <-ended:
	case <-time.After(2500 * time.Millisecond):
	}
	_ = p.Signal(syscall.SIGCONT)
}
