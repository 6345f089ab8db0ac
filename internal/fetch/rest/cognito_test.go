package rest

import (
	"net/http"
	"testing"
	"time"

	"github.com/kinde-migrate/kinde-migrate/internal/providertest"
)

var cognito = provider{
	Provider: providertest.Cognito,
	denies: []denial{
		{path: "ListUsers", needs: "cognito-idp:ListUsers"},
		{path: "ListGroups", needs: "cognito-idp:ListGroups"},
		{path: "ListUsersInGroup", needs: "cognito-idp:ListUsersInGroup"},
	},
}

// TestSignature holds the signature against AWS's own example (its test suite's
// post-vanilla, with the key of that suite).
func TestSignature(t *testing.T) {
	s := &signer{region: "us-east-1", service: "service", access: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	req, err := http.NewRequest(http.MethodPost, "https://example.amazonaws.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	s.signAt(req, nil, time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC))
	const want = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, " +
		"Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
	if got := req.Header.Get("Authorization"); got != want {
		t.Errorf("it is\n%s, want\n%s", got, want)
	}
}
