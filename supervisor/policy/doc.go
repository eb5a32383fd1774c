// Package policy holds the supervisor's rules that are pure arithmetic: when a
// run that ended is followed by another, and after which wait (restart.go), what
// a health check makes of the results of its probes (health.go), and which signal
// a text names (signal.go). They are docker's, so that a compose file behaves here
// as it does there. There are no clocks, goroutines or processes: times and
// results come in as values.
package policy
