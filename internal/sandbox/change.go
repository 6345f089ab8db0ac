package sandbox

// change is one atomic alteration of the state: everything that a request did
// becomes one line of the journal, so that after a kill it is there completely
// or not at all.
type change struct {
	users []*user
	gone  []string
	put   []any
	del   []removal
}

type removal struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// touch says that the user has to be written.
func (c *change) touch(u *user) {
	for _, seen := range c.users {
		if seen == u {
			return
		}
	}
	c.users = append(c.users, u)
}

func (c *change) drop(u *user)             { c.gone = append(c.gone, u.id.text(userPrefix)) }
func (c *change) define(item any)          { c.put = append(c.put, item) }
func (c *change) undefine(kind, id string) { c.del = append(c.del, removal{kind, id}) }

func (c *change) empty() bool {
	return len(c.users) == 0 && len(c.gone) == 0 && len(c.put) == 0 && len(c.del) == 0
}

// change runs fn alone and records what it did before anybody is answered. A
// handler validates first and alters afterwards, so a refusal leaves no trace.
func (t *Tenant) change(fn func(*change) response) response {
	t.mu.Lock()
	defer t.mu.Unlock()
	var c change
	answer := fn(&c)
	if c.empty() {
		return answer
	}
	if err := t.journal.append(t, &c); err != nil {
		return failure(500, "STATE_NOT_WRITTEN", "The sandbox could not write its state.")
	}
	return answer
}

func (t *Tenant) read(fn func() response) response {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return fn()
}
