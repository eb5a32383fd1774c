// Package inside is the process in the user namespace that makes the layers of a
// build: the role [worker.Role].
//
// # A step, in order
//
//	room      a directory of the image store; its "fs" is the overlay's upper directory
//	root      overlay of our mount points, the layers below, and the room
//	mounts    sources are opened, what is missing of their mount points is made and noted
//	network   a net namespace of the pool, or a new one
//	group     a cgroup of its own, where there is a place for one (stepgroup)
//	start     a list of system calls (rootless/sandbox), forked by the holder
//	end       of the first process, and by the kernel of all others in its pid namespace
//	settle    the overlay becomes read-only: who was passed a file of it changes nothing
//	tidy      mount points that are still empty are removed, with what their making has changed
//	harvest   what the upper directory holds becomes a tar's digest and a layer
//
// Copies and directories are the same without the middle.
//
// # Invariants
//
//   - What an image or a program has planted is resolved below the root, never by
//     this process's own root directory.
//   - A step that fails, or is cancelled, leaves nothing: its room goes.
//   - Nothing of one step is seen by another but through layers and caches.
//   - Mount points of ours are in no layer.
package inside
