// Package login keeps credentials for registries, as `docker login` does.
//
// # Purpose
//
// [Verify] asks a registry whether credentials are good. [Store] keeps them where
// docker, and internal/registry/credentials, look for them; what is there
// otherwise stays as it is.
//
// # Model
//
//	~/.docker/config.json, or $DOCKER_CONFIG/config.json
//	  credHelpers[HOST], credsStore   a helper keeps the secret; auths[HOST] is {}
//	  neither                         auths[HOST].auth is base64 of USER:PASSWORD
//	  neither, and no auths at all    docker-credential-pass or -secretservice, if
//	                                  there is one, becomes credsStore, as with docker
//
// A token server may give a token that stands for the password (OAuth2's refresh
// token); then that is kept instead: auths[HOST].identitytoken.
//
// # Invariants
//
//   - The file is replaced by rename, mode 0600, and two logins at once are both
//     in it: the directory is locked (flock) from reading to renaming.
//   - Keys that are not ours keep their place and their text; numbers keep their
//     digits.
//   - A file that is not JSON is an error and stays.
//   - A link to a file is followed: the file behind it is replaced.
//   - A password goes to the registry, over TLS unless the registry has none, and
//     to the token server that it names; there too.
//
// # Limits
//
// podman's auth.json is read by pulls, and not written.
package login
