package kinde

import "testing"

// A token that was refused before, and whose refusal of another request comes
// late, is not the second one.
func TestLateRefusalOfAnOlderToken(t *testing.T) {
	var r refusals
	if r.add("one") {
		t.Error("the first refusal ends the run")
	}
	r.clear() // the second token was accepted
	if r.add("two") {
		t.Error("the first refusal since one was accepted ends the run")
	}
	if r.add("one") {
		t.Error("the late refusal of the first token ends the run")
	}
	if !r.add("three") {
		t.Error("a token that was issued since was refused, and the run goes on")
	}
}
