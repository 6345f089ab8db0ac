package capacity

import (
	"testing"
	"time"
)

func TestOf(t *testing.T) {
	ops := map[string]Range{"createUser": {0, 10_000_000}, "SetUserPassword": {0, 10_000_000}, "getUsers": {1, 20_002}}
	n := Of(ops, 10_000_000, 120, Learnt, 60*time.Hour)
	if n.Requests.Max != 20_020_002 || n.PerUser != 2.002 {
		t.Errorf("%d requests, %v a user", n.Requests.Max, n.PerUser)
	}
	// 20,020,002 requests at 95 % of 120 a second are 48.8 hours.
	if h := float64(n.Seconds.Max) / 3600; h < 48.7 || h > 48.9 {
		t.Errorf("%.2f hours", h)
	}
	if n.RateToFit != 97.6 || !*n.Fits || n.UsersThatFit != n.Users {
		t.Errorf("fits at %v: %v, %d users", n.RateToFit, *n.Fits, n.UsersThatFit)
	}
	n = Of(ops, 10_000_000, 50, Given, 60*time.Hour)
	if *n.Fits || n.UsersThatFit < 5_200_000 || n.UsersThatFit > 5_300_000 {
		t.Errorf("at 50 a second %d users fit", n.UsersThatFit)
	}
	if n.RateToFit != 94.6 {
		t.Errorf("the rate to choose is %v", n.RateToFit)
	}
}

func TestOfNothing(t *testing.T) {
	n := Of(nil, 0, 50, Assumed, 0)
	if n.Requests.Max != 0 || n.Seconds.Max != 0 || n.Fits != nil || n.PerUser != 0 {
		t.Errorf("%+v", n)
	}
}
