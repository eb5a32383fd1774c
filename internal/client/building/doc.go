// Package building makes the images of services that have a build section: it turns
// what a compose file says into a request for internal/build/solve, and tells how it
// goes.
//
// # Purpose
//
//	[Builder.All]    builds the images of services, each after those it takes files from
//	[Builder.Check]  what the rules of Dockerfiles have to say (build --check)
//	[Bake]           the same builds for docker buildx bake (build --print)
//
// # Model
//
//	job      one service's build: its Dockerfile, its contexts, open while it lasts
//	base     images that Dockerfiles start from: of the store, else of a registry
//	secrets  files and variables of the project, looked up when a step asks
//	ssh      the user's agent, or one of ours with the keys of files
//
// # Invariants
//
//   - Files are read as the user, on this side of the user namespace.
//   - A secret is in no argument, no event, no record.
//   - What a build opened is closed when it ends, however that is.
package building
