package kinde

// secrets are what the answer to one request must not show: the tenant's
// credentials and what the request's own body holds.
type secrets []*redaction

func (s secrets) clean(text []byte, failed bool) cleaned {
	for _, r := range s {
		text = r.clean(text, failed)
	}
	return text
}

func (s secrets) text(text string) cleaned { return s.clean([]byte(text), true) }

// error returns err with a text that can be shown; errors.Is and errors.As see
// through it.
func (s secrets) error(err error) error {
	if err == nil {
		return nil
	}
	return &cleanError{text: string(s.text(err.Error())), err: err}
}

type cleanError struct {
	text string
	err  error
}

func (e *cleanError) Error() string { return e.text }
func (e *cleanError) Unwrap() error { return e.err }

// secretHolder is a source of tokens or the body of a request that knows
// secrets.
type secretHolder interface{ secrets() []string }

// credentialSecrets are the redaction of a token and of what its source knows.
type credentialSecrets struct {
	token string
	all   *redaction
}

// secretsOf returns what the answer to k must not show. The part that all
// requests share is made once per token.
func (c *Client) secretsOf(k *call, token string) secrets {
	shared := c.credentials.Load()
	if shared == nil || shared.token != token {
		known := []string{token}
		if h, ok := c.tokens.(secretHolder); ok {
			known = append(known, h.secrets()...)
		}
		shared = &credentialSecrets{token: token, all: newRedaction(known)}
		c.credentials.Store(shared)
	}
	if h, ok := k.r.body.(secretHolder); ok {
		return secrets{shared.all, newRedaction(h.secrets())}
	}
	return secrets{shared.all}
}
