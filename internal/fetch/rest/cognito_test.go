package rest

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

var cognito = provider{
	name: "cognito", serve: serveCognito, secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", cursors: true, empties: true,
	values: map[string]string{"pool": "eu-west-1_AbCdEf123", "region": "eu-west-1", "access_key": "AKIDEXAMPLE", "secret_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
	denies: []denial{{path: "ListUsers", needs: "cognito-idp:ListUsers"}, {path: "ListGroups", needs: "cognito-idp:ListGroups"}, {path: "ListUsersInGroup", needs: "cognito-idp:ListUsersInGroup"}},
	forms: map[string]func(http.ResponseWriter){
		"status 400": func(w http.ResponseWriter) {
			answerJSON(w, 400, map[string]any{"__type": "TooManyRequestsException", "message": "Rate exceeded"})
		},
		"long name": func(w http.ResponseWriter) {
			answerJSON(w, 400, map[string]any{"__type": "com.amazonaws.cognito#ThrottlingException"})
		},
		"status 429": tooMany("", ""),
	},
}

func serveCognito(s *simulator, w http.ResponseWriter, r *http.Request) {
	auth := r.Header.Get("Authorization")
	if !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") || !strings.Contains(auth, "/eu-west-1/cognito-idp/aws4_request") ||
		!strings.Contains(auth, "SignedHeaders=content-type;host;x-amz-date;x-amz-target,") || r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
		answerJSON(w, 400, map[string]any{"__type": "InvalidSignatureException", "message": "it does not match"})
		return
	}
	in := body(r)
	if in["UserPoolId"] != "eu-west-1_AbCdEf123" {
		answerJSON(w, 400, map[string]any{"__type": "ResourceNotFoundException"})
		return
	}
	user := func(id string) any {
		return map[string]any{"Username": "name-" + id, "Enabled": true, "UserStatus": "CONFIRMED",
			"Attributes": []any{map[string]any{"Name": "sub", "Value": id}, map[string]any{"Name": "email", "Value": email(id)}}}
	}
	list := func(all []string, member, token string, shape func(string) any) {
		limit, _ := in["Limit"].(float64)
		after, _ := in[token].(string)
		if limit < 1 || limit > 60 {
			answerJSON(w, 400, map[string]any{"__type": "InvalidParameterException"})
			return
		}
		part, next, err := s.page(all, after, int(limit))
		if err != nil {
			answerJSON(w, 400, map[string]any{"__type": "InvalidParameterException", "message": "Invalid pagination token"})
			return
		}
		out := map[string]any{member: shaped(part, shape)}
		if next != "" {
			out[token] = next
		}
		answerJSON(w, 200, out)
	}
	switch _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); operation {
	case "ListUsers":
		list(s.people, "Users", "PaginationToken", user)
	case "ListGroups":
		list(s.orgs, "Groups", "NextToken", func(id string) any { return map[string]any{"GroupName": id} })
	case "ListUsersInGroup":
		group, _ := in["GroupName"].(string)
		list(s.members[group], "Users", "NextToken", user)
	case "DescribeUserPool":
		answerJSON(w, 200, map[string]any{"UserPool": map[string]any{"EstimatedNumberOfUsers": len(s.people) / 2}})
	default:
		answerJSON(w, 400, map[string]any{"__type": "UnknownOperationException"})
	}
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
