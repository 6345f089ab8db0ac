package sandbox

// Definitions is what a tenant can be given before the first request.
type Definitions struct{}

func (t *Tenant) layDown() error     { return nil }
func (t *Tenant) layDownOnce() error { return nil }
