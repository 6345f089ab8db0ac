package kinde

import (
	"context"
	"errors"
	"testing"
)

func TestOnce(t *testing.T) {
	lost, refused, broken := &Error{Class: ClassInDoubt}, &Error{Class: ClassFinal}, errors.New("can't be asked")
	for name, c := range map[string]struct {
		calls    []error // one after the other; the last one again and again
		happened []bool
		asking   error
		want     error
		made     int
	}{
		"answered":                        {[]error{nil}, nil, nil, nil, 1},
		"refused":                         {[]error{refused}, nil, nil, refused, 1},
		"lost, and it happened":           {[]error{lost}, []bool{true}, nil, nil, 1},
		"lost, and it did not happen":     {[]error{lost, nil}, []bool{false}, nil, nil, 2},
		"lost, and refused the next time": {[]error{lost, refused}, []bool{false}, nil, refused, 2},
		"lost twice, then it is there":    {[]error{lost, lost}, []bool{false, true}, nil, nil, 2},
		"nobody can tell":                 {[]error{lost}, []bool{false}, broken, broken, 1},
		"lost every time":                 {[]error{lost}, []bool{false}, nil, lost, onceTries},
	} {
		made, asked := 0, 0
		err := Once(t.Context(), func() error {
			made++
			return c.calls[min(made, len(c.calls))-1]
		}, func() (bool, error) {
			asked++
			return c.happened[min(asked, len(c.happened))-1], c.asking
		})
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || made != c.made {
			t.Errorf("%s: %v after %d calls", name, err, made)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	made := 0
	err := Once(ctx, func() error { made++; return lost }, func() (bool, error) { return false, nil })
	if !errors.Is(err, context.Canceled) || made != 1 {
		t.Errorf("with an ended context %v after %d calls", err, made)
	}
}
