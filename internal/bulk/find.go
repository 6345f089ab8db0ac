package bulk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/compare"
	"github.com/kinde-migrate/kinde-migrate/kinde"
)

// maxIDs is how many ids one request asks for, so that its address stays short.
const maxIDs = 100

// finder resolves names to users, a batch at a time.
type finder struct {
	target Target
	expand []string // what is read of each user beside the profile
}

// found is the users of one batch, by what names them.
type found map[string]kinde.User

func (f found) of(kind, value string) (kinde.User, bool) {
	if value == "" {
		return kinde.User{}, false
	}
	u, ok := f[kind+":"+compare.Fold(kind, value)]
	return u, ok
}

func (f found) add(u kinde.User) {
	put := func(kind, value string) {
		if value != "" {
			f[kind+":"+compare.Fold(kind, value)] = u
		}
	}
	put("id", u.ID)
	put("email", u.Email)
	put("phone", u.Phone)
	put("username", u.Username)
	for _, i := range u.Identities {
		switch kind := i.Kind(); kind {
		case kinde.IdentityEmail, kinde.IdentityPhone, kinde.IdentityUsername:
			put(kind, i.Identity)
		}
	}
}

// find looks the names up and adds who has them. ids, emails, phones and usernames are as written.
func (f *finder) find(ctx context.Context, all found, ids, emails, phones, usernames []string) error {
	for chunk := range slices.Chunk(unique(ids), maxIDs) {
		if err := f.ids(ctx, chunk, all); err != nil {
			return err
		}
	}
	for _, by := range []struct {
		kind    string
		values  []string
		request func([]string) kinde.GetUsersRequest
	}{
		{"email", emails, func(v []string) kinde.GetUsersRequest { return kinde.GetUsersRequest{Emails: v, Expand: f.expand} }},
		{"phone", phones, func(v []string) kinde.GetUsersRequest { return kinde.GetUsersRequest{Phones: v, Expand: f.expand} }},
		{"username", usernames, func(v []string) kinde.GetUsersRequest { return kinde.GetUsersRequest{Usernames: v, Expand: f.expand} }},
	} {
		// A filter may compare byte by byte: ask for the name as written and folded.
		asked := slices.Clone(by.values)
		for _, v := range by.values {
			asked = append(asked, compare.Fold(by.kind, v))
		}
		for chunk := range kinde.Batches(unique(asked)) {
			if err := f.pages(ctx, by.request(chunk), all); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *finder) ids(ctx context.Context, ids []string, all found) error {
	err := f.pages(ctx, kinde.GetUsersRequest{UserIDs: ids, Expand: f.expand}, all)
	if class := kinde.ClassOf(err); class != kinde.ClassNotFound && class != kinde.ClassFinal {
		return err
	}
	// One id that the tenant can't read must not hide the others.
	for _, id := range ids {
		u, err := f.target.GetUserData(ctx, id, f.expand...)
		switch kinde.ClassOf(err) {
		case kinde.ClassNone:
			all.add(u)
		case kinde.ClassNotFound, kinde.ClassFinal:
		default:
			return fmt.Errorf("looking up a user: %w", err)
		}
	}
	return nil
}

func (f *finder) pages(ctx context.Context, r kinde.GetUsersRequest, all found) error {
	for page, err := range f.target.GetUsersPages(ctx, r) {
		if err != nil {
			return fmt.Errorf("looking up users: %w", err)
		}
		for _, u := range page.Items {
			all.add(u)
		}
	}
	return nil
}

// search asks for somebody whom the filter did not show: it may know only the
// first of a user's addresses.
func (f *finder) search(ctx context.Context, kind, value string, all found) error {
	if strings.TrimSpace(value) == "" {
		return nil
	}
	for u, err := range f.target.SearchUsers(ctx, kinde.SearchUsersRequest{Query: value, Expand: f.expand}) {
		if class := kinde.ClassOf(err); class == kinde.ClassFinal || class == kinde.ClassNotFound {
			return nil
		}
		if err != nil {
			return fmt.Errorf("searching for a user: %w", err)
		}
		hit := found{}
		hit.add(u)
		if _, ok := hit.of(kind, value); !ok {
			continue
		}
		// A search shows less of a user than a list: read it whole.
		if err := f.ids(ctx, []string{u.ID}, all); err != nil {
			return err
		}
		if _, ok := all.of(kind, value); !ok {
			all[kind+":"+compare.Fold(kind, value)] = u
		}
		return nil
	}
	return nil
}

func unique(values []string) []string {
	values = slices.Clone(values)
	slices.Sort(values)
	values = slices.Compact(values)
	return slices.DeleteFunc(values, func(s string) bool { return s == "" })
}
