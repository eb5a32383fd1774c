// Package systemcmd is `mocker-compose system ...` and `builder ...`: what the
// data directory holds, and the removal of what nothing uses, over all projects.
//
// # Model
//
//	gather     containers of all projects, images, volumes, build cache
//	sizes      what subordinate ids have written is measured in the user namespace
//	df         docker's table of them
//	prune      containers of projects of which nothing runs, then networks, volumes,
//	           images and the build cache, each as its own prune does it
//
// # Invariants
//
//   - A container that runs, its image, its volumes and its networks stay: each
//     remover looks itself, under its own lock, and not at what was gathered.
package systemcmd
