// Package bounds reads the limits of a service: of memory, processors, processes and
// disks.
//
// What docker compose and the docker daemon make of the same keys is done here at
// once, so that a wrong value is told with its line and not when a container starts:
// the precedence of deploy.resources over the service's own keys (docker compose,
// pkg/compose/create.go), two values that differ (compose-go, loader/validate.go; but
// where the deploy key is not there at all, nothing differs), and the bounds of
// values (the daemon, daemon/daemon_unix.go, verifyPlatformContainerResources).
//
// Sizes and numbers are parsed by compose-go and go-units. What depends on the machine
// (the number of processors, disks) is looked up here, unless the caller is tolerant:
// then a file for another machine can be shown.
package bounds
