package yamlguard

import (
	"errors"
	"testing"
)

func TestDo(t *testing.T) {
	other := errors.New("other")
	for want, parse := range map[error]func() error{
		ErrUnreadable: func() error { panic("the parser") },
		other:         func() error { return other },
		nil:           func() error { return nil },
	} {
		if err := Do(parse); err != want {
			t.Errorf("%v, want %v", err, want)
		}
	}
}
