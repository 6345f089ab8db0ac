// Package bench owns the benchmarks that run whole processes: the tool against
// a tenant whose limits it does not know. It holds nothing that ships.
package bench
