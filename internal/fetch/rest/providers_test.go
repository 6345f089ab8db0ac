package rest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

// provider is one that is simulated, and what is asked of a fetch from it.
type provider struct {
	providertest.Provider
	denies []denial
	check  func(*testing.T, *providertest.Simulator, outcome)
}

// denial is a path that is forbidden and what the person is told to ask for.
type denial struct {
	path, needs string
	unprobed    bool // a check can't ask for it without doing something
}

func (p provider) options(t *testing.T) Options {
	t.Helper()
	spec, preset, err := mapping.FetchSource(p.Name)
	if err != nil {
		t.Fatal(err)
	}
	return Options{Spec: spec, Preset: preset, Values: p.Values, With: p.With, UserAgent: "test"}
}

// sized makes pages small, so that few people fill many.
func sized(o Options, size int) Options {
	spec := *o.Spec
	spec.Lists = append([]mapping.FetchList(nil), o.Spec.Lists...)
	for i := range spec.Lists {
		spec.Lists[i].Page.Max = min(spec.Lists[i].Page.Max, size)
	}
	o.Spec = &spec
	return o
}

func eachProvider(t *testing.T, run func(*testing.T, provider)) {
	for _, p := range providers {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			run(t, p)
		})
	}
}

// whole asserts that everybody who is there was read, once.
func whole(t *testing.T, p provider, s *providertest.Simulator, out outcome, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if out.manifest.State != fetch.Complete {
		t.Errorf("it is %s: %v", out.manifest.State, out.manifest.Lacking)
	}
	want := append([]string(nil), s.People...)
	for id := range s.Gone {
		for _, got := range out.users {
			if got == id {
				want = append(want, id) // read before he left
			}
		}
	}
	sameIDs(t, "users", out.users, want)
	if len(s.Gone) == 0 && !p.Alone {
		sameIDs(t, "memberships", out.rows(), s.Belongs())
	}
	if p.check != nil {
		p.check(t, s, out)
	}
}

func TestEverybodyIsRead(t *testing.T) {
	eachProvider(t, func(t *testing.T, p provider) {
		for _, people := range []int{0, 1, 4, 5, 6, 23} {
			s := providertest.New(t, people, min(people, 3), p.Serve)
			out, err := fetchAll(t, s, sized(p.options(t), 5), 0)
			whole(t, p, s, out, err)
		}
	})
}

func TestOrganizationsOfMoreThanAThousand(t *testing.T) {
	eachProvider(t, func(t *testing.T, p provider) {
		s := providertest.New(t, 1001, 1, p.Serve)
		out, err := fetchAll(t, s, p.options(t), 0)
		whole(t, p, s, out, err)
	})
}

func TestPagesSmallerThanAskedAreNoEnd(t *testing.T) {
	eachProvider(t, func(t *testing.T, p provider) {
		s := providertest.New(t, 23, 3, p.Serve)
		s.Quirks.Clamp = 3
		out, err := fetchAll(t, s, p.options(t), 0)
		whole(t, p, s, out, err)
		if !p.Empties {
			return
		}
		s = providertest.New(t, 23, 3, p.Serve)
		s.Quirks.Clamp, s.Quirks.Empty = 3, 3
		out, err = fetchAll(t, s, p.options(t), 0)
		whole(t, p, s, out, err)
	})
}

func TestKilledAtEveryRequest(t *testing.T) {
	eachProvider(t, func(t *testing.T, p provider) {
		s := providertest.New(t, 17, 3, p.Serve)
		out, err := fetchAll(t, s, sized(p.options(t), 4), 1)
		whole(t, p, s, out, err)
		if out.processes < 3 {
			t.Errorf("it was killed %d times only", out.processes-1)
		}
	})
}

func TestEveryFormOfThrottling(t *testing.T) {
	eachProvider(t, func(t *testing.T, p provider) {
		for form, refuse := range p.Forms {
			for _, kill := range []int{0, 7} {
				s := providertest.New(t, 17, 3, p.Serve)
				s.Quirks.Throttle, s.Quirks.Throttled = 3, refuse
				out, err := fetchAll(t, s, sized(p.options(t), 4), kill)
				if t.Run(form, func(t *testing.T) { whole(t, p, s, out, err) }); t.Failed() {
					return
				}
			}
		}
	})
}

func TestServersThatStumble(t *testing.T) {
	eachProvider(t, func(t *testing.T, p provider) {
		s := providertest.New(t, 17, 3, p.Serve)
		s.Quirks.Broken = 3
		out, err := fetchAll(t, s, sized(p.options(t), 4), 0)
		whole(t, p, s, out, err)
	})
}

func TestTokensThatExpireMeanwhile(t *testing.T) {
	eachProvider(t, func(t *testing.T, p provider) {
		s := providertest.New(t, 17, 3, p.Serve)
		s.Quirks.TokenLife = 5
		out, err := fetchAll(t, s, sized(p.options(t), 4), 0)
		whole(t, p, s, out, err)
	})
}

// TestCursorsThatExpire lets them expire at every request in turn, in one process and
// between two.
func TestCursorsThatExpire(t *testing.T) {
	eachProvider(t, func(t *testing.T, p provider) {
		if !p.Cursors {
			t.Skip("its pages are counted")
		}
		for _, at := range []int{2, 5} {
			for _, kill := range []int{0, 7} {
				s := providertest.New(t, 17, 3, p.Serve)
				s.Quirks.Expire = at
				out, err := fetchAll(t, s, sized(p.options(t), 4), kill)
				whole(t, p, s, out, err)
			}
		}
	})
}

// TestPeopleComeAndGoMeanwhile: whoever is there from the beginning to the end is read.
func TestPeopleComeAndGoMeanwhile(t *testing.T) {
	eachProvider(t, func(t *testing.T, p provider) {
		for _, at := range []int{2, 4} {
			for _, kill := range []int{0, 7} {
				s := providertest.New(t, 17, 2, p.Serve)
				stay := append([]string(nil), s.People...)
				s.Quirks.Change = map[int]func(*providertest.Simulator){at: func(s *providertest.Simulator) {
					s.Leave("user_0000")
					s.Leave("user_0001")
					s.Join("user_0900")
					s.Members["org_00"] = append(s.Members["org_00"], "user_0900")
				}}
				out, err := fetchAll(t, s, sized(p.options(t), 4), kill)
				if err != nil {
					t.Fatal(err)
				}
				have := map[string]int{}
				for _, id := range out.users {
					if have[id]++; have[id] > 1 {
						t.Errorf("%s is there twice", id)
					}
				}
				for _, id := range stay {
					if !s.Gone[id] && have[id] == 0 {
						t.Errorf("at request %d (killed after %d): %s was there all the time and is missing", at, kill, id)
					}
				}
				if out.manifest.State != fetch.Complete {
					t.Errorf("it is %s: %v", out.manifest.State, out.manifest.Lacking)
				}
			}
		}
	})
}

// TestABusyProvider: somebody joins all the time, and a fetch comes to its end all the
// same, with everybody who was there when it began.
func TestABusyProvider(t *testing.T) {
	eachProvider(t, func(t *testing.T, p provider) {
		for _, kill := range []int{0, 7} {
			s := providertest.New(t, 37, 2, p.Serve)
			were := slices.Clone(s.People)
			s.Quirks.Busy = 3
			out, err := fetchAll(t, s, sized(p.options(t), 4), kill)
			if err != nil {
				t.Fatal(err)
			}
			if out.manifest.State != fetch.Complete {
				t.Errorf("killed after %d: it is %s: %v %+v", kill, out.manifest.State, out.manifest.Lacking, out.manifest.Lists)
			}
			sameIDs(t, "users", slices.DeleteFunc(out.users, func(id string) bool { return !slices.Contains(were, id) }), were)
		}
	})
}

func TestMissingPermissionsAreNamed(t *testing.T) {
	eachProvider(t, func(t *testing.T, p provider) {
		for _, d := range p.denies {
			s := providertest.New(t, 3, 1, p.Serve)
			s.Quirks.Deny = d.path
			_, err := fetchAll(t, s, p.options(t), 0)
			var denied *fetch.DeniedError
			if !errors.As(err, &denied) || !strings.Contains(denied.Needs, d.needs) {
				t.Errorf("without %s: %v, want a refusal that names %q", d.path, err, d.needs)
			}
			if d.unprobed {
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				o := p.options(t)
				o.Transport = s
				source, err := New(o)
				if err != nil {
					t.Fatal(err)
				}
				probes, err := source.Check(context.Background())
				named := false
				for _, probe := range probes {
					named = named || probe.Denied && strings.Contains(probe.Needs, d.needs)
				}
				if err != nil || !named {
					t.Errorf("a check without %s does not name %q: %+v %v", d.path, d.needs, probes, err)
				}
			})
		}
	})
}

// TestSecretsStayWithTheProvider: an answer that repeats them is not shown, and a link
// that leads elsewhere is not followed.
func TestSecretsStayWithTheProvider(t *testing.T) {
	eachProvider(t, func(t *testing.T, p provider) {
		for _, status := range []int{400, 401, 403, 418} {
			s := providertest.New(t, 3, 1, p.Serve)
			s.Quirks.Tamper = func(w http.ResponseWriter, r *http.Request) bool {
				providertest.AnswerJSON(w, status, map[string]any{"message": "wrong: " + p.Secret + " " + r.Header.Get("Authorization")})
				return true
			}
			_, err := fetchAll(t, s, p.options(t), 0)
			if err == nil || p.Secret != "" && strings.Contains(err.Error(), p.Secret) {
				t.Errorf("with status %d: %v", status, err)
			}
		}
		s := providertest.New(t, 3, 1, p.Serve)
		s.Quirks.Tamper = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Host == "evil.example.com" {
				t.Errorf("a request went to another host")
			}
			w.Header().Set("Location", "https://evil.example.com/")
			w.WriteHeader(http.StatusTemporaryRedirect)
			return true
		}
		if _, err := fetchAll(t, s, p.options(t), 0); err == nil {
			t.Error("a redirect was no error")
		}
	})
}
