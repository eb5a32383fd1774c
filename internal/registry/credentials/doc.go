// Package credentials finds what to log in to a registry with, where docker and
// podman keep it.
//
// # Purpose
//
// [Lookup.For] is the user name and password, or the token, for a repository.
//
// # Model
//
// The files have one form, docker's config.json (docker's "docker login"; for
// podman containers-auth.json(5)). They are asked in this order, and the first
// one that has something wins:
//
//	$REGISTRY_AUTH_FILE
//	$DOCKER_CONFIG/config.json, or ~/.docker/config.json
//	$XDG_RUNTIME_DIR/containers/auth.json
//	$XDG_CONFIG_HOME/containers/auth.json, or ~/.config/containers/auth.json
//
// In a file: the helper that credHelpers names for the host, or credsStore for
// all; then auths. A key of auths is HOST, HOST/PATH (podman's), or an address
// of docker's first registries, "https://HOST/v1/".
//
// # Invariants
//
//   - A helper is one program named docker-credential-NAME, found in PATH.
//   - What does not work is told to the caller once, and never fails a pull:
//     without credentials the registry says what is missing.
//   - A key for one path is not used for another.
package credentials
