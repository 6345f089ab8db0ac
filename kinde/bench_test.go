package kinde_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/kinde"
)

const createdBody = `{"id":"kp_0123456789abcdef0123456789abcdef","created":true,"identities":[{"type":"email","result":{"created":true}}]}`

// BenchmarkCreateUser sets the client beside a bare loop over the same
// transport that posts the same bodies and decodes the same answers: first
// without a wire, which shows our own share, then over loopback.
func BenchmarkCreateUser(b *testing.B) {
	memory := wire(func(req *http.Request) (*http.Response, error) {
		_, err := io.Copy(io.Discard, req.Body)
		return reply(200, createdBody), err
	})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, createdBody)
	}))
	defer srv.Close()
	socket, err := kinde.NewTransport(kinde.TransportOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer socket.CloseIdleConnections()
	for _, way := range []struct {
		name, url string
		transport http.RoundTripper
	}{{"memory", base, memory}, {"loopback", srv.URL, socket}} {
		b.Run(way.name+"/client", func(b *testing.B) {
			c := newClient(b, way.transport, func(cfg *kinde.Config) { cfg.BaseURL = kinde.BaseURL(way.url) })
			r := ana()
			b.ReportAllocs()
			for b.Loop() {
				if u, err := c.CreateUser(background(), r); err != nil {
					b.Fatal(u, err)
				}
			}
		})
		b.Run(way.name+"/bare", func(b *testing.B) {
			c := &http.Client{Transport: way.transport, Timeout: 30 * time.Second}
			r := ana()
			b.ReportAllocs()
			for b.Loop() {
				bare(b, c, way.url, r)
			}
		})
	}
}

func bare(b *testing.B, c *http.Client, url string, r kinde.CreateUserRequest) {
	body, err := json.Marshal(r)
	if err != nil {
		b.Fatal(err)
	}
	req, err := http.NewRequestWithContext(background(), http.MethodPost, url+"/api/v1/user", bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer tok")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := c.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	var u struct {
		ID      string `json:"id"`
		Created bool   `json:"created"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&u); err != nil || !u.Created {
		b.Fatal(u, err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
}

func BenchmarkGetUsersPage(b *testing.B) {
	var list bytes.Buffer
	list.WriteString(`{"code":"OK","users":[`)
	for i := range 500 {
		if i > 0 {
			list.WriteByte(',')
		}
		list.WriteString(
			`{"id":"kp_0123456789abcdef","provided_id":"auth0|7","email":"ana@example.com","phone":null,"username":null,"first_name":"Ana","last_name":"Lovelace",` +
				`"is_suspended":false,"picture":null,"total_sign_ins":3,"failed_sign_ins":0,"last_signed_in":"2026-01-28T14:26:02.448856+00:00","created_on":"2026-01-28T14:26:02.448856+00:00",` +
				`"organizations":["org_1"],"identities":[{"type":"email","identity":"ana@example.com","connection_id":null}]}`,
		)
	}
	list.WriteString(`],"next_token":null}`)
	c := newClient(b, newScript(says(200, list.String())))
	b.SetBytes(int64(list.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if users, err := all(c.GetUsers(background(), kinde.GetUsersRequest{})); err != nil || len(users) != 500 {
			b.Fatal(len(users), err)
		}
	}
}
