package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kinde-migrate/kinde-migrate/internal/mapping"
	"github.com/kinde-migrate/kinde-migrate/internal/source"
)

// block is a batch on its way through the pipeline.
type block struct {
	file    int
	batch   *source.Batch
	scratch *scratch
	err     error
}

// Scan is the first pass over all files. It hands every row to v in file order,
// then the corrections. Memory does not grow with the source, save for the rows
// that collide with others.
func (in *Intake) Scan(ctx context.Context, v Visitor) (Summary, error) {
	if err := in.join(ctx); err != nil {
		return Summary{}, err
	}
	if in.opts.Sample > 0 && in.keep.sample == nil {
		if err := in.drawSample(ctx); err != nil {
			return Summary{}, err
		}
	}
	if err := in.first.close(); err != nil {
		return Summary{}, err
	}
	var err error
	if in.first, err = newFirstPass(in.opts); err != nil {
		return Summary{}, err
	}
	p := in.first
	p.notices = in.m.NewNoticeTally()
	err = in.rows(ctx, true, func(r *row) error {
		if err := p.see(r); err != nil {
			return err
		}
		for i, j := range in.joins {
			if r.item.Disposition != Filtered && r.joined != nil && !r.joined[i] {
				j.without++
			}
		}
		p.notice(&r.item, 1)
		if r.item.Disposition != Filtered {
			p.fields.add(r.filled)
		}
		return v.Add(r.item)
	})
	if err == nil {
		err = in.correct(ctx, p, v)
	}
	if err != nil {
		return p.sum, err
	}
	p.sum.Companions = in.counts()
	p.sum.Joins = map[string]JoinCounts{}
	for _, c := range p.sum.Companions {
		sum := p.sum.Joins[c.Role]
		sum.add(&c.JoinCounts)
		p.sum.Joins[c.Role] = sum
	}
	p.sum.Passwords = p.sum.Joins["passwords"]
	p.sum.Ended = in.ended()
	p.sum.Notices = slices.Concat(in.opts.Told, p.notices.Notices(), p.noIDs(), p.floatIDs(), in.notRead())
	in.notices = p.sum.Notices
	p.sum.Fields = in.around(p.fields.list(in.m, p.sum.Rows))
	if fault := in.m.TakeFault(); fault != "" {
		return p.sum, &RefusedError{false, fault, "correct the expression in the mapping file"}
	}
	if err := in.fit(p.sum.Companions, p.total); err != nil {
		return p.sum, err
	}
	return p.sum, in.answered(p.sum.Notices)
}

// answered refuses a source of which only the operator knows what is meant, or
// whether it is all that there is.
func (in *Intake) answered(notices []mapping.Notice) error {
	for _, n := range notices {
		page := n.What == mapping.MissingRecords && !in.opts.Incomplete
		if in.opts.Looking || n.Kind != mapping.Question && !page {
			continue
		}
		message, try := strings.TrimSuffix(n.Message, "."), n.Try
		if page {
			try += " Or use --accept-incomplete if you only want this part."
		} else {
			message = strings.ToLower(message[:1]) + message[1:]
		}
		return &RefusedError{false, message, try}
	}
	return nil
}

// ended tells whether every file of lines ends with the end of a line.
func (in *Intake) ended() bool {
	return !slices.ContainsFunc(in.files, func(f *usersFile) bool { return !f.Ended() }) &&
		!slices.ContainsFunc(in.companions, func(c *companion) bool { return !c.Ended() })
}

// Notices returns what the last whole Scan found to say of the source.
func (in *Intake) Notices() []mapping.Notice { return in.notices }

// rows parses and maps all rows in parallel and delivers them in order,
// numbered. A row is gone when deliver returns.
func (in *Intake) rows(ctx context.Context, mark bool, deliver func(*row) error) error {
	// Kits whose rows are no longer needed go round again.
	free := make(chan *scratch, 4*in.opts.Workers+4)
	var number int64
	passed := newPassed(len(in.files))
	err := pipeline(ctx, in.opts.Workers,
		func(ctx context.Context, emit func(*block) error) error {
			for i, f := range in.files {
				err := f.Scan(ctx, func(b *source.Batch) error { return emit(&block{file: i, batch: b}) })
				if err != nil {
					return err
				}
			}
			return nil
		},
		func(b *block) *block {
			select {
			case b.scratch = <-free:
			default:
				b.scratch = newScratch()
			}
			b.err = in.mapBlock(ctx, b, mark)
			return b
		},
		func(b *block) error {
			if b.err != nil {
				return b.err
			}
			for i := range b.scratch.rows {
				r := &b.scratch.rows[i]
				if r.absent != nil {
					passed.add(b.file, r.absent)
					continue
				}
				number++
				passed.records[b.file]++
				r.item.Number, r.item.Record.Number = number, number
				if r.fail != "" {
					return in.unfit(r)
				}
				if err := deliver(r); err != nil {
					return err
				}
			}
			b.scratch.reset()
			select {
			case free <- b.scratch:
			default:
			}
			return nil
		})
	if err != nil {
		return err
	}
	in.passed = passed
	return in.yields(passed)
}

func (in *Intake) mapBlock(ctx context.Context, b *block, mark bool) error {
	f, k := in.files[b.file], b.scratch
	k.rows = slices.Grow(k.rows[:0], len(b.batch.Spans))[:len(b.batch.Spans)]
	for i := range b.batch.Spans {
		if i%64 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		span := &b.batch.Spans[i]
		s := &f.sites[span.Site]
		v, bad := b.batch.Parse(i, k.parser)
		absent := !s.users || bad == nil && !in.isUser(s, v)
		if bad == nil && in.m.Faulty() {
			if why := in.siteFault(s, v); why != "" {
				return &RefusedError{false, fmt.Sprintf("line %d of %s: %s", span.Line, f.Name(), why), correctExpression}
			}
		}
		if absent {
			k.rows[i].absent = in.absent(s, v, bad)
			continue
		}
		offset, _ := b.batch.Position(i)
		rec := mapping.Record{File: b.file, Line: span.Line, Offset: offset, Raw: b.batch.Data[span.Start:span.End], Fields: v}
		if err := in.mapRow(ctx, &k.rows[i], &rec, bad, mark, k); err != nil {
			return err
		}
	}
	return nil
}

// noIDs says that no record has an id: records are then known by their address.
func (p *firstPass) noIDs() []mapping.Notice {
	if p.withID > 0 || p.sum.Records == p.sum.Rejected {
		return nil
	}
	return []mapping.Notice{{Kind: "missing", What: "ids", Records: p.sum.Records, Of: p.sum.Records,
		Message: "No record has an id: people are matched by their e-mail address, phone number or username, and if it changes, the next run takes them for somebody else.",
		Try:     "If the export has an id under another name, map it with id:."}}
}

// floatIDs says that ids were written by a program that took them for fractions.
func (p *firstPass) floatIDs() []mapping.Notice {
	if p.floats == 0 {
		return nil
	}
	return []mapping.Notice{{Kind: "doubt", What: "ids", Records: p.floats, Of: p.withID,
		Message: fmt.Sprintf("Ids that end with .0 (%d of %d): a program has probably turned whole numbers into decimals.", p.floats, p.withID),
		Try:     `Export the column as text (pandas: dtype=str), or cut it in a mapping: id: {path: id, replace: ['\.0$', ""]}.`}}
}

// unfit tells on which record an expression failed. The mapping, or what was
// asked for, is wrong: going on would take "can't be computed" for a no.
func (in *Intake) unfit(r *row) error {
	in.m.TakeFault()
	return &RefusedError{false, fmt.Sprintf("record %d, line %d of %s: %s", r.item.Number, r.item.Line, in.files[r.item.File].Name(), r.fail),
		correctExpression}
}

// firstPass is what the first pass keeps: on disk the keys and positions of all
// rows, in memory the counts.
type firstPass struct {
	opts  Options
	keys  *sorter
	index *rowIndex
	sum   Summary
	total int64

	withID  int64 // rows whose user has an id
	floats  int64 // of them, those whose id is a number with a fraction of nothing
	fields  fieldCounts
	notices *mapping.NoticeTally
	// The records that --limit lets through, by key and user columns.
	within map[[2]uint64]struct{}
}

func newFirstPass(opts Options) (*firstPass, error) {
	p := &firstPass{opts: opts}
	var err error
	if p.keys, err = newSorter(opts.TempDir); err != nil {
		return nil, err
	}
	if p.index, err = newRowIndex(opts.TempDir); err != nil {
		return nil, errors.Join(err, p.keys.Close())
	}
	if opts.Limit > 0 {
		p.within = map[[2]uint64]struct{}{}
	}
	return p, nil
}

func (p *firstPass) close() error {
	if p == nil {
		return nil
	}
	return errors.Join(p.keys.Close(), p.index.Close())
}

// see counts a row and remembers its keys.
func (p *firstPass) see(r *row) error {
	it := &r.item
	p.total++
	if p.within != nil && it.Disposition != Filtered {
		k := [2]uint64{uint64(p.total), 0}
		if len(r.claims) > 0 {
			k = [2]uint64{r.claims[0].hash, r.group}
		}
		if _, ok := p.within[k]; !ok {
			if int64(len(p.within)) >= p.opts.Limit {
				it.Disposition = Filtered
			} else {
				p.within[k] = struct{}{}
			}
		}
	}
	if err := p.index.add(it.Position); err != nil {
		return err
	}
	if it.Disposition == Filtered {
		p.sum.Filtered++
		return nil
	}
	p.sum.Rows++
	p.sum.Records++
	if it.User != nil && it.User.SourceID != "" {
		p.withID++
		if digits, ok := strings.CutSuffix(it.User.SourceID, ".0"); ok && strings.Trim(digits, "0123456789") == "" {
			p.floats++
		}
	}
	flags := uint64(0)
	switch it.Disposition {
	case Reject:
		p.sum.Rejected++
		flags = flagRejected
	case Skip:
		p.sum.Skipped++
		flags = flagRejected // it will not be sent, so it claims nothing
	}
	for i := range r.claims {
		c := &r.claims[i]
		e := entry{hash: c.hash, row: uint64(p.total), a: uint64(c.kind) | flags, b: r.group}
		if i == 0 && (c.kind == KeyID || c.kind == KeyEmail) {
			e.a |= flagGroup
		} else if flags != 0 {
			break
		}
		if c.verified {
			e.a |= flagVerified
		}
		if err := p.keys.add(&e); err != nil {
			return err
		}
	}
	return nil
}

// notice counts what the mapping's notices ask of a usable record.
func (p *firstPass) notice(it *Item, n int64) {
	if it.Disposition == Use {
		p.notices.Count(it.Marks, it.Roles, n)
	}
}

// merge tells the policies apart and refuses unknown ones.
func (o Options) merge() (bool, error) {
	switch o.Duplicates {
	case "", RejectDuplicates:
		return false, nil
	case MergeDuplicates:
		return true, nil
	}
	return false, fmt.Errorf("unknown policy %q for duplicates", o.Duplicates)
}
