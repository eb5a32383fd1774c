// Package config is an image's configuration as it stands in its JSON, and the
// Dockerfile lines that change one: `image import --change`.
//
// # Purpose
//
// [File] is what we write and what `image inspect` shows: OCI's image
// specification (config.md) and docker's additions, with docker's names.
// [Config.Apply] carries out a line.
//
// # Why the lines are read here
//
// BuildKit's parser of Dockerfiles is right by definition, but its module brings
// containerd, gRPC and a hundred more into the module graph. Libraries for the
// shell's words (go-shellwords) end a line at ";", "&" or "|", which mean nothing
// in a Dockerfile. What is left are words with quotes and variables: words.go.
//
// # Limits
//
// Of BuildKit's substitutions $NAME, ${NAME}, ${NAME:-word} and ${NAME:+word}
// are known; continued lines and here-documents are not.
package config
