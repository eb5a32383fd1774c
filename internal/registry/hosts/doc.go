// Package hosts reads what a machine's configuration says of registries: where
// an image is really asked for, which ones are mirrors, insecure or blocked, and
// which certificates count.
//
// # Purpose
//
// [Load] reads the files, [Config.Endpoints] are the places to ask for an image,
// in order, and [Config.TLS] is how to talk to a host.
//
// # Model
//
//	registries.conf   containers-registries.conf(5), version 2, and 1 as far as it
//	                  names insecure and blocked ones. $CONTAINERS_REGISTRIES_CONF, or
//	                  the user's, or that of /etc; then *.conf of registries.conf.d,
//	                  of /etc and then of the user: a later table for a prefix
//	                  replaces an earlier one
//	daemon.json       docker's, of a rootless docker or of the machine:
//	                  registry-mirrors (for docker.io), insecure-registries,
//	                  max-concurrent-downloads, max-download-attempts
//	certs.d/HOST      docker's and podman's: *.crt are trusted beside the machine's,
//	                  NAME.cert and NAME.key are the client's
//
// Hosts on loopback are insecure, as with docker: any certificate or none.
//
// # Invariants
//
//   - A file that is not understood is an error with its name and line: a mirror
//     or a block that is overlooked asks the wrong registry.
//   - A prefix ends where a part of a name ends: "example.com" does not match
//     "example.com:5000" or "example.com.evil".
//
// # Limits
//
// Short names are docker.io's: unqualified-search-registries and aliases are not
// used, so that a compose file means the same as with docker. credential-helpers
// of registries.conf are not used: name them in config.json.
package hosts
