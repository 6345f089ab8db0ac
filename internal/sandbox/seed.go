package sandbox

import (
	"fmt"
	"time"
)

// layDownOnce fills a new state and leaves an old one as it is.
func (t *Tenant) layDownOnce() error {
	if t.journal.lines > 0 {
		return nil
	}
	t.head = t.newHeader()
	if err := t.layDown(); err != nil {
		return err
	}
	return t.journal.compact(t)
}

// layDown gives a new tenant its default organization, what Options name and
// the demonstration's furniture.
func (t *Tenant) layDown() error {
	now := time.Now()
	t.insertOrganization(t.newOrganization("", "Default Organization", "", true, now))
	if t.opt.Demo {
		t.furnish()
	}
	if t.opt.Definitions != nil {
		if err := t.define(*t.opt.Definitions); err != nil {
			return fmt.Errorf("laying down the sandbox's definitions: %w", err)
		}
	}
	return t.seedUsers(t.opt.SeedUsers, now)
}

func (t *Tenant) newOrganization(code, name, external string, isDefault bool, now time.Time) *organization {
	if code == "" {
		code = t.drawCode()
	} else {
		t.seq++
	}
	return &organization{
		Seq:        t.seq,
		Code:       code,
		Name:       name,
		ExternalID: external,
		Default:    isDefault,
		AutoJoin:   isDefault,
		Created:    now.UnixNano(),
	}
}

// furnish adds what a fresh environment of a company usually has.
func (t *Tenant) furnish() {
	t.categories.put(&category{ID: t.drawText("cat_"), Name: "General", Context: "usr"})
	t.categories.put(&category{ID: t.drawText("cat_"), Name: "General", Context: "org"})
	for _, s := range []struct{ strategy, name string }{
		{"oauth2:google", "Google"}, {"oauth2:github", "GitHub"}, {"oauth2:apple", "Apple"}, {"oauth2:microsoft", "Microsoft"},
		{"oauth2:facebook", "Facebook"}, {"oauth2:linkedin", "LinkedIn"}, {"oauth2:twitter", "Twitter"}, {"oauth2:slack", "Slack"},
		{"oauth2:gitlab", "GitLab"}, {"oauth2:discord", "Discord"},
	} {
		t.connections.put(&connection{ID: t.drawText("conn_"), Name: s.name, DisplayName: s.name, Strategy: s.strategy})
	}
}

var (
	seedGiven = []string{
		"Ana",
		"Björn",
		"Chloé",
		"Dmitri",
		"Eiko",
		"Fatima",
		"Göran",
		"Hoa",
		"Ines",
		"João",
		"Kofi",
		"Łucja",
		"Mei",
		"Noor",
		"Óscar",
		"Priya",
		"Quentin",
		"Rósa",
		"Siân",
		"Tomás",
		"Uma",
		"Valentina",
		"Wei",
		"Ximena",
		"Yusuf",
		"Zoë",
	}
	seedFamily = []string{
		"Almeida",
		"Brandt",
		"Çelik",
		"Dvořák",
		"Eriksen",
		"Ferrari",
		"García",
		"Hansen",
		"Ivanova",
		"Jónsdóttir",
		"Kowalska",
		"Lindqvist",
		"Müller",
		"Nguyễn",
		"O'Brien",
		"Peña",
		"Quist",
		"Rossi",
		"Sørensen",
		"Tanaka",
		"Ünal",
		"Varga",
		"Wójcik",
		"Xu",
		"Yılmaz",
		"Žižek",
	}
)

// seedUsers invents people; the same number gives the same people.
func (t *Tenant) seedUsers(n int, now time.Time) error {
	created := now.Add(-time.Duration(n) * time.Minute)
	for k := range n {
		at := created.Add(time.Duration(k) * time.Minute).UnixNano()
		u := &user{
			id: t.draw(), given: seedGiven[k%len(seedGiven)], family: seedFamily[(k/len(seedGiven)+k)%len(seedFamily)], created: at,
			providedID: fmt.Sprintf("seed-%d", k+1),
		}
		u.seq = t.seq
		i := &identity{
			id:       t.draw(),
			kind:     kindEmail,
			value:    fmt.Sprintf("person%d@example.com", k+1),
			verified: k%5 != 0,
			primary:  true,
			created:  at,
			user:     u,
		}
		u.identities = []*identity{i}
		if k%7 == 0 {
			u.identities = append(
				u.identities,
				&identity{id: t.draw(), kind: kindUsername, value: fmt.Sprintf("person_%d", k+1), primary: true, created: at, user: u},
			)
		}
		u.suspended = k%50 == 49
		t.insertUser(u)
		t.join(u, t.defaultOrg, time.Unix(0, at))
	}
	return nil
}
