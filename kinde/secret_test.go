package kinde

import "testing"

func TestAnAnswerThatRepeatsTheHashIsNotShown(t *testing.T) {
	body := PasswordRequest{HashedPassword: "$2a$10$abcdefghijklmnopqrstuv", Salt: "pepper!", SignerKey: "a2V5"}
	for answer, want := range map[string]bool{
		"bad hash $2a$10$abcdefghijklmnopqrstuv": true,
		"cut off: $2a$10$abcdefghijk…":           true,
		"salt pepper! is too short":              true,
		"key a2V5":                               true,
		"the method is unknown":                  false,
		"":                                       false,
	} {
		if got := showsSecret(body, answer); got != want {
			t.Errorf("%q: %v, want %v", answer, got, want)
		}
	}
	if showsSecret(nil, "anything") || showsSecret(PasswordRequest{}, "anything") {
		t.Error("a request without secrets hides answers")
	}
}
