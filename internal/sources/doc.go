// Package sources gets images that other programs of this machine have: a docker
// that runs, and the user's podman.
//
// # Purpose
//
// [Load] makes an image of a store that is not ours one of the store; what has
// not changed since is not read again. It runs as the user, on the host, before
// a command needs the image: who runs services sees neither sockets nor homes.
//
// # Model
//
//	docker-daemon:NAME        internal/sources/dockerdaemon: what `docker save` would
//	                          write, from the daemon's socket into the process that
//	                          reads archives
//	containers-storage:NAME   internal/sources/containersstorage: layer after layer,
//	                          by a process in the user namespace that makes the tar
//	                          again, into one that unpacks it
//
// Both tell an image's id before anything is read, which is what is remembered.
package sources
