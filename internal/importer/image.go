package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/kinde-migrate/kinde-migrate/internal/checkpoint"
	"github.com/kinde-migrate/kinde-migrate/internal/engine"
)

// The values that an update of somebody who existed replaces are kept for a
// rollback. They are durable before the update is sent: after it, nobody could
// tell them any more.

// beforeImage is the form in which they are kept.
func beforeImage(values map[string]any) string {
	data, _ := json.Marshal(map[string]any{"before": values})
	return string(data)
}

// remember keeps what a step is about to replace. What an earlier try or an
// earlier pass has kept for the same step is older, and wins.
func (p *planner) remember(ctx context.Context, s *engine.Subject, info engine.Info, detail string) (string, error) {
	before, err := p.store.StepsOf(ctx, s.Record.ID)
	if err != nil {
		return detail, err
	}
	for _, earlier := range before {
		if earlier.Kind == info.Kind && earlier.Key == info.Key {
			detail = olderImage(earlier.Detail, detail)
		}
	}
	err = p.store.Commit(
		ctx,
		checkpoint.PutStep{Step: checkpoint.Step{Record: s.Record.ID, Kind: info.Kind, Key: info.Key, State: checkpoint.Intent,
			Units: max(info.Units, 1), Digest: info.Digest, Detail: detail, At: p.opt.Now()}},
		checkpoint.SetProgress{
			ID:      s.Record.ID,
			KindeID: s.Record.KindeID,
			Owner:   s.Record.Owner,
			Outcome: checkpoint.Pending,
			Pass:    p.pass,
			Stage:   s.Record.Stage,
		},
	)
	if err != nil {
		return detail, fmt.Errorf("keeping what %s replaces: %w", info.Kind, err)
	}
	return detail, nil
}

// olderImage unites two images of one thing: of each value the older one, of
// each list all that was added.
func olderImage(older, newer string) string {
	var a, b map[string]any
	if json.Unmarshal([]byte(older), &a) != nil || a == nil {
		return newer
	}
	if json.Unmarshal([]byte(newer), &b) != nil || b == nil {
		return older
	}
	data, _ := json.Marshal(united(a, b)) // it came from JSON
	return string(data)
}

func united(a, b map[string]any) map[string]any {
	for k, new := range b {
		old, known := a[k]
		if !known {
			a[k] = new
			continue
		}
		switch old := old.(type) {
		case map[string]any:
			if new, ok := new.(map[string]any); ok {
				a[k] = united(old, new)
			}
		case []any:
			list, _ := new.([]any)
			for _, x := range list {
				if !slices.Contains(old, x) {
					old = append(old, x)
				}
			}
			a[k] = old
		case nil:
			a[k] = new
		}
	}
	return a
}
