// Command client uses the client of the Management API alone, with a gate of
// its own: one request at a time and a pause after each, for a job that shall
// never be in the way of anybody. The tenant is the one that KINDE_* names.
//
//	go run ./examples/client ana@example.com
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, address string) error {
	base, err := kinde.ParseBaseURL(os.Getenv("KINDE_DOMAIN"))
	if err != nil {
		return err
	}
	client, err := kinde.New(kinde.Config{
		BaseURL: base,
		Credentials: kinde.ClientCredentials{
			ClientID: os.Getenv("KINDE_MANAGEMENT_CLIENT_ID"), ClientSecret: os.Getenv("KINDE_MANAGEMENT_CLIENT_SECRET")},
		Gate: newGate(10 * time.Millisecond),
	})
	if err != nil {
		return err
	}
	created, err := client.CreateUser(ctx, kinde.CreateUserRequest{Identities: []kinde.NewIdentity{kinde.EmailIdentity(address, true)}})
	switch {
	case errors.Is(err, kinde.ErrExists):
		fmt.Println(address, "is there already")
	case kinde.ClassOf(err) == kinde.ClassInDoubt:
		return fmt.Errorf("look whether %s is there, before trying again: %w", address, err)
	case err != nil:
		return err
	default:
		fmt.Println("created", address)
		_ = created.ID // keep it beside the address
	}
	users := 0
	for _, err := range client.GetUsers(ctx, kinde.GetUsersRequest{}) {
		if err != nil {
			return err
		}
		users++
	}
	fmt.Println(users, "users")
	return nil
}

// gate lets one request through at a time. It is its own permit.
type gate struct {
	free  chan struct{}
	pause time.Duration
	until time.Time // of a hold; guarded by free
}

func newGate(pause time.Duration) *gate {
	g := &gate{free: make(chan struct{}, 1), pause: pause}
	g.free <- struct{}{}
	return g
}

// Acquire waits for its turn, and for the end of a hold.
func (g *gate) Acquire(ctx context.Context, _ string) (kinde.Permit, error) {
	select {
	case <-g.free:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := g.Held(ctx); err != nil {
		g.free <- struct{}{}
		return nil, err
	}
	return g, nil
}

// Held waits while a hold is on.
func (g *gate) Held(ctx context.Context) error {
	select {
	case <-time.After(time.Until(g.until)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Answered hears what the tenant said: after a 429 everybody waits.
func (g *gate) Answered(a kinde.Answer) {
	g.until = time.Now().Add(g.pause)
	if hold, said := kinde.HoldFor(a.Header, time.Now()); a.Status == http.StatusTooManyRequests && said {
		g.until = time.Now().Add(hold)
	}
}

// Done lets the next request begin.
func (g *gate) Done() { g.free <- struct{}{} }
