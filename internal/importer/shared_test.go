package importer

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// TestSharedValueIsFetchedOnce: all who need a value wait for one fetch, each
// no longer than their own context lasts.
func TestSharedValueIsFetchedOnce(t *testing.T) {
	refused := errors.New("refused")
	for name, c := range map[string]struct {
		first   error // what the first fetch ends with
		leaves  bool  // the first caller's context ends during the fetch
		fetches int
		waiter  error
	}{
		"one fetch serves all":              {fetches: 1},
		"a failure is everyone's":           {first: refused, fetches: 1, waiter: refused},
		"a caller who leaves fails nobody":  {leaves: true, fetches: 2},
		"whoever asks later tries it again": {first: refused, fetches: 1, waiter: refused},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var x shared[int]
				fetches, release := 0, make(chan struct{})
				fetch := func(ctx context.Context) (int, error) {
					if fetches++; fetches > 1 {
						return 7, nil
					}
					select {
					case <-release:
						return 7, c.first
					case <-ctx.Done():
						return 0, ctx.Err()
					}
				}
				get := func(ctx context.Context) <-chan error {
					done := make(chan error, 1)
					go func() {
						_, err := x.get(ctx, fetch)
						done <- err
					}()
					synctest.Wait()
					return done
				}
				leader, leave := context.WithCancel(t.Context())
				defer leave()
				first := get(leader)
				waiter := get(t.Context())
				impatient, stop := context.WithCancel(t.Context())
				gone := get(impatient)
				stop()
				synctest.Wait()
				select {
				case err := <-gone:
					if !errors.Is(err, context.Canceled) {
						t.Errorf("a waiter whose context ended got %v", err)
					}
				default:
					t.Fatal("a waiter can't be interrupted while somebody else's request is under way")
				}
				if c.leaves {
					leave()
				} else {
					close(release)
				}
				<-first
				if err := <-waiter; !errors.Is(err, c.waiter) {
					t.Errorf("the waiter got %v, want %v", err, c.waiter)
				}
				if fetches != c.fetches {
					t.Errorf("%d fetches, want %d", fetches, c.fetches)
				}
				if v, err := x.get(t.Context(), fetch); err != nil || v != 7 {
					t.Errorf("later the value is %d (%v), want 7", v, err)
				}
			})
		})
	}
}

// outage lists an organization only once it is released, or its caller leaves.
type outage struct {
	Target
	release chan struct{}
	lists   int
}

func (o *outage) GetOrganizationUsersPages(
	ctx context.Context,
	_ string,
	_ kinde.GetOrganizationUsersRequest,
) iter.Seq2[kinde.Page[kinde.Member], error] {
	return func(yield func(kinde.Page[kinde.Member], error) bool) {
		o.lists++
		select {
		case <-o.release:
			yield(kinde.Page[kinde.Member]{Items: []kinde.Member{{ID: "a", Roles: []string{"admin"}}}}, nil)
		case <-ctx.Done():
			yield(kinde.Page[kinde.Member]{}, context.Cause(ctx))
		}
	}
}

func (o *outage) GetOrganizationUserRoles(context.Context, string, string) iter.Seq2[kinde.Role, error] {
	return func(func(kinde.Role, error) bool) {}
}

// TestWorkersWaitForAListNotForALock: one worker lists an organization through
// an outage. The others wait for it, and a stop of the run ends all of them.
func TestWorkersWaitForAListNotForALock(t *testing.T) {
	for name, stopped := range map[string]bool{"the outage ends": false, "the run is stopped": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				target := &outage{release: make(chan struct{})}
				r := &rosters{sizes: func(context.Context) (map[string]checkpoint.StepTotals, error) { return nil, nil }}
				for range singleLookUps {
					if _, err := r.roles(t.Context(), target, "org_a", "x"); err != nil {
						t.Fatal(err)
					}
				}
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				const workers = 20
				done := make(chan error, workers)
				for range workers {
					go func() {
						_, err := r.roles(ctx, target, "org_a", "a")
						done <- err
					}()
				}
				synctest.Wait()
				if stopped {
					stop()
				} else {
					close(target.release)
				}
				for range workers {
					if err := <-done; (err != nil) != stopped {
						t.Errorf("a worker ended with %v", err)
					}
				}
				if !stopped && target.lists != 1 {
					t.Errorf("the organization was listed %d times", target.lists)
				}
			})
		})
	}
}
