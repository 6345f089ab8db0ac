//go:build unix

package chaos

import (
	"syscall"
	"time"
)

// patient are the disturbances.
func patient() []disturbance {
	return []disturbance{
		{name: "SIGHUP", act: signals(0, syscall.SIGHUP), ends: []int{0}},
		{name: "SIGTERM", act: signals(0, syscall.SIGTERM), within: graceOf + 5*time.Second, ends: []int{0, 130}},
		{name: "SIGINT twice", act: signals(50*time.Millisecond, syscall.SIGINT, syscall.SIGINT), within: graceOf + 5*time.Second, ends: []int{0, 130}},
		{name: "SIGINT three times", act: signals(20*time.Millisecond, syscall.SIGINT, syscall.SIGINT, syscall.SIGINT), within: graceOf + 5*time.Second, ends: []int{0, 130}},
	}
}
