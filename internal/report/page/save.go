package page

import (
	"path/filepath"

	"github.com/kinde-migrate/kinde-migrate/internal/atomicfile"
)

// File is the name of the page in a report folder.
const File = "report.html"

// Save writes the page into a report folder, whole or not at all.
func (p *Page) Save(dir string) error {
	html, err := p.HTML()
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(dir, File), html)
}
