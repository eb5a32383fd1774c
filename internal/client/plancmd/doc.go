// Package plancmd is the command plan: what an up would do, and why, container by
// container, with the keys of the compose file that differ. Nothing is started or
// changed, not even a supervisor.
//
// What it shows is made by client.Forecast, of the same plan that up carries out. This
// package turns it into rows (rows.go), and prints them as a table or as JSON (text.go).
package plancmd
