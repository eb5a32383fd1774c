// Package dockerdaemon reads images of a docker that runs on this machine, by its
// API on a Unix socket (GET /images/NAME/json and /images/NAME/get).
//
// # Model
//
// The socket is the one that docker's own command would take: DOCKER_HOST; the
// context of DOCKER_CONTEXT or of config.json; else the machine's, or that of a
// rootless docker. What answers may be podman's service as well.
//
// # Limits
//
// Daemons behind tcp:// and ssh:// are not asked: an image of theirs comes by
// `docker save NAME | mocker-compose image load`.
package dockerdaemon
