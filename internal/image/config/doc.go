// Package config is an image's configuration as it stands in its JSON.
//
// # Purpose
//
// [File] is what we write and what `image inspect` shows: OCI's image
// specification (config.md) and docker's additions, with docker's names.
//
// # Limits
//
// This package must stay light: every process of ours has it. Lines of a Dockerfile
// that change a configuration are read by internal/build/dockerfile, in the process
// of the command that was given them.
package config
