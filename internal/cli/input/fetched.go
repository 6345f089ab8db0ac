package input

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/cli"
	"github.com/kinde-migrate/kinde-migrate/internal/fetch"
	"github.com/kinde-migrate/kinde-migrate/internal/intake"
	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
)

// IsFetched tells whether a path is the folder of a fetch, which import reads.
func IsFetched(path string) bool { return fetch.IsFolder(path) }

// fetched returns the folder of a fetch that the arguments name; "" when they
// name files. What is not whole is refused, unless that is accepted.
func (o *Options) fetched(files []string) (string, error) {
	at := slices.IndexFunc(files, fetch.IsFolder)
	if at < 0 {
		return "", nil
	}
	if len(files) > 1 {
		return "", cli.Usagef(
			"import one folder after the other, with --id-prefix if their ids collide",
			"%s is a folder that fetch wrote, and can't be read together with other files",
			files[at],
		)
	}
	dir := filepath.Clean(files[at])
	m, err := fetch.ReadManifest(dir)
	if err != nil {
		return "", err
	}
	switch {
	case m.State == fetch.Running:
		return "", cli.Usagef("run the same fetch again: it continues where it stopped", "the fetch into %s has not finished", dir)
	case m.State != fetch.Complete && !o.AcceptIncomplete:
		return "", cli.Usagef(
			"fetch again, or use what there is with --accept-incomplete",
			"the fetch into %s is not complete: %s",
			dir,
			lacking(m),
		)
	}
	o.folder = m
	return dir, m.Verify(dir)
}

func lacking(m *fetch.Manifest) string {
	var said []string
	for _, l := range m.Lacking[:min(len(m.Lacking), 3)] {
		said = append(said, l.What+": "+l.Why)
	}
	if more := len(m.Lacking) - len(said); more > 0 {
		said = append(said, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(said, "; ")
}

// besides adds what fetch.json says of the folder to what the flags say.
func (o *Options) besides(folder string, out *intake.Options) {
	if out.Preset == "" && o.Mapping == "" {
		out.Preset = o.folder.About.Preset
	}
	for _, u := range o.folder.Unavailable {
		out.Told = append(out.Told, mapping.Notice{Kind: mapping.Withheld, What: u.What, Message: u.Why + "."})
	}
	// One user alone may look like a document that holds others.
	out.Format = source.NDJSON
	for name, to := range map[string]*[]string{
		fetch.IdentitiesFile: &out.Identities, fetch.MembershipsFile: &out.Memberships, fetch.OrganizationsFile: &out.Organizations,
	} {
		if o.folder.Has(name) {
			*to = append([]string{filepath.Join(folder, name)}, *to...)
		}
	}
}

// hashParams returns the file with hash parameters: the flag's, else the folder's.
func (o *Options) hashParams(folder string) string {
	if o.HashParams == "" && folder != "" && o.folder.Has(fetch.HashParamsFile) {
		return filepath.Join(folder, fetch.HashParamsFile)
	}
	return o.HashParams
}

// partlyFetched tells that the source is a folder which doesn't hold everybody.
func (o *Options) partlyFetched() bool {
	return o.folder != nil && (o.folder.Partial || o.folder.State != fetch.Complete)
}
