// Package inside is the process of internal/containertree that reads a
// container's files: it runs as root of the user namespace, where all of them can
// be read and an overlay be mounted.
//
// # Invariants
//
// It ends when nobody reads its answer. A directory that it needs for a
// comparison is in the container's, and removed before it ends; what a killed one
// has left is removed by the next, or with the container.
package inside
