// Package solve carries a build.Graph out: it takes from the cache what is there,
// has a build.Worker make the rest, and puts the image into the store.
//
// # Purpose
//
// It runs in the client's process as the plain user. It decides; whatever writes
// files is the worker's, which is started at the first step that the cache does
// not have. A build that has not changed starts nothing and writes nothing.
//
// # Model
//
//	Request  the graph and all that its steps may need; functions for what is rarely needed
//	key      what a step's layer depends on, as one hash (keys.go, ADR 0021); by
//	         definition, for images with an inline cache, in defined.go
//	flight   one stage on its way: its steps in order, beside the other stages
//	Error    what failed, with the lines of the Dockerfile and the end of the output
//
// # Invariants
//
//   - The first failure is the one that is reported; it cancels everything else.
//   - A record of the cache is written after its layer is complete, and before the
//     next step starts: a build that was killed goes on from there.
//   - No secret is part of a key, a record, an image or an event.
//   - With Request.Epoch the image is a function of the graph and its sources.
package solve
