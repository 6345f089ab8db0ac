package providertest

import (
	"net/http"
	"slices"
	"strings"
)

var Cognito = Provider{
	Name: "cognito", Serve: serveCognito, Secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", Cursors: true, Empties: true,
	Values: map[string]string{
		"pool":       "eu-west-1_AbCdEf123",
		"region":     "eu-west-1",
		"access_key": "AKIDEXAMPLE",
		"secret_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
	},
	Forms: map[string]func(http.ResponseWriter){
		"status 400": func(w http.ResponseWriter) {
			AnswerJSON(w, 400, map[string]any{"__type": "TooManyRequestsException", "message": "Rate exceeded"})
		},
		"long name": func(w http.ResponseWriter) {
			AnswerJSON(w, 400, map[string]any{"__type": "com.amazonaws.cognito#ThrottlingException"})
		},
		"status 429": TooMany("", ""),
	},
}

func serveCognito(s *Simulator, w http.ResponseWriter, r *http.Request) {
	auth := r.Header.Get("Authorization")
	if !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") ||
		!strings.Contains(auth, "/eu-west-1/cognito-idp/aws4_request") ||
		!strings.Contains(auth, "SignedHeaders=content-type;host;x-amz-date;x-amz-target,") ||
		r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
		AnswerJSON(w, 400, map[string]any{"__type": "InvalidSignatureException", "message": "it does not match"})
		return
	}
	in := body(r)
	if in["UserPoolId"] != "eu-west-1_AbCdEf123" {
		AnswerJSON(w, 400, map[string]any{"__type": "ResourceNotFoundException"})
		return
	}
	user := func(id string) any {
		return map[string]any{
			"Username":       "name-" + id,
			"Enabled":        true,
			"UserCreateDate": float64(s.made(id).UnixMilli()) / 1000,
			"UserStatus":     "CONFIRMED",
			"Attributes":     []any{map[string]any{"Name": "sub", "Value": id}, map[string]any{"Name": "email", "Value": Email(id)}},
		}
	}
	list := func(all []string, member, token string, shape func(string) any) {
		limit, _ := in["Limit"].(float64)
		after, _ := in[token].(string)
		if limit < 1 || limit > 60 {
			AnswerJSON(w, 400, map[string]any{"__type": "InvalidParameterException"})
			return
		}
		part, next, err := s.page(all, after, int(limit))
		if err != nil {
			AnswerJSON(w, 400, map[string]any{"__type": "InvalidParameterException", "message": "Invalid pagination token"})
			return
		}
		out := map[string]any{member: shaped(part, shape)}
		if next != "" {
			out[token] = next
		}
		AnswerJSON(w, 200, out)
	}
	switch _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); operation {
	case "ListUsers":
		if filter, ok := in["Filter"].(string); ok {
			id := strings.TrimSuffix(strings.TrimPrefix(filter, `sub = "`), `"`)
			AnswerJSON(
				w,
				200,
				map[string]any{"Users": shaped(slices.DeleteFunc(slices.Clone(s.People), func(p string) bool { return p != id }), user)},
			)
			return
		}
		list(s.People, "Users", "PaginationToken", user)
	case "ListGroups":
		list(s.Orgs, "Groups", "NextToken", func(id string) any { return map[string]any{"GroupName": id} })
	case "ListUsersInGroup":
		group, _ := in["GroupName"].(string)
		list(s.Members[group], "Users", "NextToken", user)
	case "DescribeUserPool":
		AnswerJSON(w, 200, map[string]any{"UserPool": map[string]any{"EstimatedNumberOfUsers": len(s.People) / 2}})
	default:
		AnswerJSON(w, 400, map[string]any{"__type": "UnknownOperationException"})
	}
}
