// Package build is what a Dockerfile comes down to: a graph of stages, each with
// the steps that make its layers and the configuration that its image ends with.
//
// # Purpose
//
// Whoever reads Dockerfiles (internal/build/dockerfile) writes a [Graph]; whoever
// carries it out (internal/build/solve) knows no Dockerfile. All words are
// expanded, all images found, all users and directories decided: a step means the
// same wherever it stands.
//
// # Model
//
//	Graph   stages, each after those it uses; the last one is what is asked for
//	Stage   where it starts, its steps, its configuration
//	Step    at most one of Run, Copy and MakeDir; none: only the configuration changes
//	Worker  makes the layer of a step, in the user namespace (internal/build/worker)
//
// # Invariants
//
//   - A step's layer depends on the layers below, on the step, and on what its
//     sources hold; on nothing else. That is what the cache relies on.
//   - Nothing of a step is interpreted on the host: paths are looked up below a
//     root, programs run in a sandbox.
package build
