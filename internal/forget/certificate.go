package forget

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// CertificateSchema names the form of a certificate.
const CertificateSchema = "kinde-migrate.erasure-certificate/1"

// Certificate says what was erased where. It holds no personal data: whose it was
// is known to whoever asked.
type Certificate struct {
	Schema     string    `json:"schema"`
	Version    string    `json:"version"`
	RunID      string    `json:"run_id"`
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"`
	Tenant     string    `json:"tenant"`
	People     People    `json:"people"`
	Places     []Erased  `json:"places"`
	// Sealed are encrypted and may hold anybody: only their end erases there.
	Sealed []Sealed `json:"sealed"`
	Unread []*Place `json:"unread"` // places that could not be looked into
	// Shared counts names that somebody has, too, who stays; they were left.
	Shared      int    `json:"shared_names"`
	ErasureList string `json:"erasure_list"`
	ListEntries int    `json:"erasure_list_entries"`
}

// People counts those who were asked for.
type People struct {
	Asked     int64 `json:"asked"`
	Deleted   int64 `json:"deleted"`    // from the tenant, by this job
	NotThere  int64 `json:"not_there"`  // in the tenant, or gone before
	Remaining int64 `json:"remaining"`  // could not be erased: unknown, refused, or not yet done
	FromFiles int64 `json:"from_files"` // of whom some file held a record
}

// Erased is what was taken out of one place, whose bytes were then searched.
type Erased struct {
	Path     string `json:"path"`
	Kind     Kind   `json:"kind"`
	Records  int64  `json:"records"`
	Mentions int64  `json:"mentions"`
}

// Save writes the certificate, for people and for programs, and returns the path of the first.
func (c *Certificate) Save(dir string) (text string, err error) {
	stem := filepath.Join(dir, "certificate-"+c.StartedAt.UTC().Format("2006-01-02T150405Z"))
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return "", err
	}
	if err := atomicfile.WriteFile(stem+".json", append(data, '\n')); err != nil {
		return "", fmt.Errorf("writing the certificate: %w", err)
	}
	var b strings.Builder
	c.WriteText(&b)
	if err := atomicfile.WriteFile(stem+".txt", []byte(b.String())); err != nil {
		return "", fmt.Errorf("writing the certificate: %w", err)
	}
	return stem + ".txt", nil
}

// WriteText writes it for people.
func (c *Certificate) WriteText(w io.Writer) {
	p := &c.People
	fmt.Fprintf(w, "Certificate of erasure\n\nTenant     %s\nJob        %s, kinde-migrate %s\nBegun      %s\nFinished   %s\n\n",
		c.Tenant, c.RunID, c.Version, c.StartedAt.UTC().Format(time.RFC3339), c.FinishedAt.UTC().Format(time.RFC3339))
	fmt.Fprintf(
		w,
		"People asked for              %d\nDeleted from the tenant       %d\nNot in the tenant (any more)  %d\nNot erased                    %d\n\n",
		p.Asked,
		p.Deleted,
		p.NotThere,
		p.Remaining,
	)
	if p.Remaining > 0 {
		fmt.Fprint(w, "The report of the job names those who were not erased; nothing of them was removed from any file.\n\n")
	}
	fmt.Fprintln(w, "Files. Every byte was searched afterwards for addresses, phone numbers and ids of the erased people; none was found:")
	for _, e := range c.Places {
		fmt.Fprintf(w, "  %s (%s): %d records, %d mentions in other records\n", e.Path, e.Kind, e.Records, e.Mentions)
	}
	if len(c.Places) == 0 {
		fmt.Fprintln(w, "  no files")
	}
	if c.Shared > 0 {
		fmt.Fprintf(w, "\nNames that other people also have, and that they keep: %d\n", c.Shared)
	}
	if len(c.Sealed) > 0 {
		fmt.Fprintln(w, "\nEncrypted, and may contain the erased people until they are deleted:")
		for _, s := range c.Sealed {
			fmt.Fprintf(w, "  %s: %s\n", s.Path, s.End())
		}
	}
	if len(c.Unread) > 0 {
		fmt.Fprintln(w, "\nCould not be read, and may contain the erased people:")
		for _, u := range c.Unread {
			fmt.Fprintf(w, "  %s: %s\n", u.Path, u.Why)
		}
	}
	fmt.Fprintf(w, "\nErasure list: %s, %d entries, keyed digests only. Give it to every later import, restore and convert.\n"+
		"Not covered: other files, the list of names that was given to this job, exports of the identity provider, and what Kinde itself keeps (its logs and backups).\n",
		c.ErasureList, c.ListEntries)
}

// End says when it is gone.
func (s Sealed) End() string {
	if s.GoesOn == "" {
		return "when you delete it"
	}
	return "retention removes it on " + s.GoesOn + ", if a backup is made each day"
}
