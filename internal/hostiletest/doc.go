// Package hostiletest has root file systems that attack whoever starts a container
// in them: one for each hole that a container runtime has had, named after the
// advisory, and some more. Tests only.
//
// # Model
//
// A [Case] plants links, pipes and files in a root and in a volume, and says
// which mounts the container has and what its service looks at. Outside is a
// [Canary]: a tree with a secret and a hash. An attack has succeeded when
//
//   - the canary's hash differs: something was written outside, or
//   - the service saw the secret: something was read outside, or
//   - a mount lies outside of the root, or
//   - the set-up never ended (a pipe that nobody writes to).
//
// # Positive control
//
// That nothing happened proves something only if something can happen. The test
// of this package runs each case against a deliberately naive set-up, which
// joins paths as strings, as runtimes once did, in a user and a mount namespace
// that are thrown away; every case must succeed there. The naive set-up is in
// test files: it is in no program that anybody can be given.
package hostiletest
