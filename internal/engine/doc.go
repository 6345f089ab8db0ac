// Package engine runs jobs over users: a subject comes with the steps that it
// needs, a worker takes them in order, and every step leaves its state in the
// checkpoint. An import, a bulk verb, a restore and a rollback are jobs for
// this one engine, with one checkpoint and one gate.
//
// The engine owns the workers, the intents that must be durable before a call
// that can't be repeated, the states and outcomes, the drain after a signal and
// the stop after too many failures. It never talks to a tenant itself and
// knows no kind of step: what a step does is its own business.
//
// # Laws
//
//   - A step that says Once has a durable intent before it is done. When its
//     intent is found again, Settle is asked before anything else.
//   - The steps of a subject are done in their order, by one worker, until one
//     says Stop.
//   - After Drain is closed no subject begins and no step begins, but those
//     that say Urgent; what is in flight is finished and committed.
//   - A failure of a step is data. Only a Fatal error ends the run.
package engine
