package rest

import (
	"context"
	"errors"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
)

// Check asks each list for one row. A list that is read for the items of another is
// asked for its first item.
func (s *Source) Check(ctx context.Context) ([]fetch.Probe, error) {
	e := *s.engine
	var probes []fetch.Probe
	if p := e.spec.Params; p.Get != "" && !e.without["hashes"] {
		r, err := e.call(e.values, p.Get, "", nil, "", nil)
		if err != nil {
			return nil, err
		}
		r.what, r.needs = "reading the parameters of hashes", p.Needs
		_, err = e.client.do(ctx, r)
		probe, err := probed("parameters of hashes", p.Needs, false, err)
		if err != nil {
			return nil, err
		}
		probes = append(probes, probe)
	}
	first := map[string]jsontext.Value{}
	for i := range e.spec.Lists {
		l := &e.spec.Lists[i]
		if e.without[l.Name] || (l.PerUser || l.OnRequest) && !e.asked[l.Name] || l.OnRequest && l.For != "" && !e.asked[l.For] {
			continue
		}
		if l.For != "" && first[l.For] == nil {
			probes = append(probes, fetch.Probe{List: l.Name, Found: true, Optional: true, Problem: "not asked: " + l.For + " is empty"})
			continue
		}
		item, err := e.probe(ctx, l, first[l.For])
		if item != nil {
			first[l.Name] = inherit(item, first[l.For])
		}
		probe, err := probed(l.Name, l.Needs, l.Optional, err)
		if err != nil {
			return probes, err
		}
		probes = append(probes, probe)
	}
	return probes, nil
}

// probe asks a list for one row.
func (e *engine) probe(ctx context.Context, l *mapping.FetchList, parent jsontext.Value) (jsontext.Value, error) {
	if l.Job.Create != "" {
		_, err := e.ask(ctx, l, parent)
		return nil, err
	}
	r, err := e.pageCall(l, parent, cursor{}, 1)
	if err != nil {
		return nil, err
	}
	a, err := e.client.do(ctx, r)
	if err != nil {
		return nil, err
	}
	got, err := items(l, a)
	if err != nil || len(got) == 0 {
		return nil, err
	}
	return got[0], nil
}

// probed is what a probe found. Only what is no answer at all is an error.
func probed(list, needs string, optional bool, err error) (fetch.Probe, error) {
	p := fetch.Probe{List: list, Found: err == nil, Optional: optional}
	var denied *fetch.DeniedError
	var status *statusError
	switch {
	case err == nil:
	case errors.As(err, &denied):
		p.Denied, p.Problem, p.Needs = true, denied.Error(), needs
	case errors.As(err, &status):
		p.Problem, p.Needs = status.Error(), needs
		p.Found = optional && absent(err)
	default:
		return p, err
	}
	return p, nil
}
