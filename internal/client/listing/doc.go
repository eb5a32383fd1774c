// Package listing prints lists the way docker's --format asks for: a table, JSON
// lines, or a Go template. It is apart from package client since templates cost
// time to initialise (internal/early).
package listing
