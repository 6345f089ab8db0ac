// Package doctor looks at a tenant before the first request of a migration:
// can it be reached, may the application do what is wanted, has it what a
// source names, and what will happen to the world when thousands of users are
// created. It says what it found and what to do.
//
// It owns the checks. It never asks a person; the only thing that it writes is
// what a source names and the tenant lacks, when it is told to.
package doctor
