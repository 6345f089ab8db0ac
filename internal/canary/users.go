package canary

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/password"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// Target is the tenant. A *kinde.Client is one.
type Target interface {
	CreateUser(ctx context.Context, r kinde.CreateUserRequest) (kinde.CreateUserResult, error)
	SetUserPassword(ctx context.Context, userID string, r kinde.PasswordRequest) error
	GetUsers(ctx context.Context, r kinde.GetUsersRequest) iter.Seq2[kinde.User, error]
	GetUserData(ctx context.Context, id string, expand ...string) (kinde.User, error)
	DeleteUser(ctx context.Context, id string, profile bool) error
}

// marker begins the provided id of every throw-away user, so that none is
// ever taken for a person.
const marker = "kinde-migrate-canary-"

// Create creates one user for each kind that has none yet. All have the same
// password. What is not finished after an error is finished by the next call.
func Create(ctx context.Context, t Target, s *State, kinds []Kind, domain, known string) error {
	for _, k := range kinds {
		if s.of(k.Encoding) == nil {
			tail := strings.ToLower(rand.Text()[:8])
			s.Users = append(
				s.Users,
				&User{Encoding: k.Encoding, Email: "canary-" + k.Encoding + "-" + tail + "@" + domain, ProvidedID: marker + k.Encoding + "-" + tail},
			)
		}
	}
	if err := s.save(); err != nil { // the names are durable before anybody is created
		return err
	}
	for _, k := range kinds {
		b := s.of(k.Encoding)
		if err := b.create(ctx, t); err != nil {
			return err
		}
		if err := s.save(); err != nil {
			return err
		}
		body, err := password.Like(k.Example, known)
		if err != nil {
			return fmt.Errorf("preparing the hash of the canary for %s: %w", k.Encoding, err)
		}
		request := kinde.PasswordRequest{
			HashedPassword: body.HashedPassword,
			HashingMethod:  body.HashingMethod,
			Salt:           body.Salt,
			SaltPosition:   body.SaltPosition,
			Iterations:     body.Iterations,
			Variant:        body.Variant,
			SignerKey:      body.SignerKey,
			SaltSeparator:  body.SaltSeparator,
			Rounds:         body.Rounds,
			MemCost:        body.MemCost,
		}
		if err := t.SetUserPassword(ctx, b.KindeID, request); err != nil {
			return fmt.Errorf("setting the password of the canary for %s: %w", k.Encoding, err)
		}
		b.Ready = true
		if err := s.save(); err != nil {
			return err
		}
	}
	return nil
}

func (s *State) of(encoding string) *User {
	for _, b := range s.Users {
		if b.Encoding == encoding && !b.Deleted {
			return b
		}
	}
	return nil
}

// create creates the user unless it is there already: an earlier process may
// have been killed before it learnt the id.
func (b *User) create(ctx context.Context, t Target) error {
	if b.KindeID != "" {
		return nil
	}
	if err := b.find(ctx, t); err != nil || b.KindeID != "" {
		return err
	}
	request := kinde.CreateUserRequest{
		Profile:    &kinde.Profile{GivenName: "Canary", FamilyName: b.Encoding},
		ProvidedID: b.ProvidedID,
		Identities: []kinde.NewIdentity{kinde.EmailIdentity(b.Email, true)},
	}
	return kinde.Once(ctx, func() error {
		result, err := t.CreateUser(ctx, request)
		if err != nil {
			return fmt.Errorf("creating the canary for %s: %w", b.Encoding, err)
		}
		b.KindeID = result.ID
		return nil
	}, func() (bool, error) {
		err := b.find(ctx, t)
		return b.KindeID != "", err
	})
}

// find looks the user up by its address; only one with our mark is ours.
func (b *User) find(ctx context.Context, t Target) error {
	for u, err := range t.GetUsers(ctx, kinde.GetUsersRequest{Emails: []string{b.Email}}) {
		if err != nil {
			return fmt.Errorf("looking for the canary for %s: %w", b.Encoding, err)
		}
		if u.ProvidedID == b.ProvidedID {
			b.KindeID = u.ID
		}
	}
	return nil
}

// Watch looks every so often who has signed in, until all have, the wait is
// over, or ctx ends. told hears of each.
func Watch(ctx context.Context, t Target, s *State, wait, every time.Duration, told func(*User)) error {
	timeout := time.NewTimer(wait)
	defer timeout.Stop()
	for {
		left, err := s.look(ctx, t, told)
		if err != nil || left == 0 {
			return err
		}
		next := time.NewTimer(every)
		select {
		case <-ctx.Done():
			next.Stop()
			return ctx.Err()
		case <-timeout.C:
			next.Stop()
			_, err := s.look(ctx, t, told) // whoever came at the last moment counts
			return err
		case <-next.C:
		}
	}
}

func (s *State) look(ctx context.Context, t Target, told func(*User)) (left int, err error) {
	waiting := map[string]*User{}
	var ids []string
	for _, b := range s.Alive() {
		if b.KindeID != "" && b.SignedIn.IsZero() {
			waiting[b.KindeID] = b
			ids = append(ids, b.KindeID)
		}
	}
	if len(ids) == 0 {
		return 0, nil
	}
	left = len(ids)
	for u, err := range t.GetUsers(ctx, kinde.GetUsersRequest{UserIDs: ids}) {
		if err != nil {
			return left, fmt.Errorf("checking who has signed in: %w", err)
		}
		b := waiting[u.ID]
		if b == nil || u.LastSignedIn.IsZero() && u.TotalSignIns == 0 {
			continue
		}
		if b.SignedIn = u.LastSignedIn; b.SignedIn.IsZero() {
			b.SignedIn = time.Now().UTC()
		}
		left--
		told(b)
	}
	return left, s.save()
}

// Clean deletes everybody of the state. Nobody without our mark is deleted,
// whatever the state says.
func Clean(ctx context.Context, t Target, s *State) error {
	var problems []error
	for _, b := range s.Alive() {
		if err := b.remove(ctx, t); err != nil {
			problems = append(problems, err)
			continue
		}
		b.Deleted = true
	}
	return errors.Join(append(problems, s.save())...)
}

func (b *User) remove(ctx context.Context, t Target) error {
	if b.KindeID == "" {
		if err := b.find(ctx, t); err != nil || b.KindeID == "" {
			return err
		}
	}
	u, err := t.GetUserData(ctx, b.KindeID)
	if gone, err := kinde.Gone(ctx, t, b.KindeID, err); gone {
		return nil
	} else if err != nil {
		return fmt.Errorf("looking at the canary for %s: %w", b.Encoding, err)
	}
	if u.ProvidedID != b.ProvidedID || !strings.HasPrefix(u.ProvidedID, marker) {
		return fmt.Errorf("deleting the canary for %s: the user %s doesn't have our mark", b.Encoding, b.KindeID)
	}
	if _, err := kinde.Gone(ctx, t, b.KindeID, t.DeleteUser(ctx, b.KindeID, true)); err != nil {
		return fmt.Errorf("deleting the canary for %s: %w", b.Encoding, err)
	}
	return nil
}
