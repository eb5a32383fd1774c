// Package ocispec says in the terms of the runtime spec what a service's container is:
// its process with capabilities, limits, environment and user, and the filter of system
// calls. Mounts are the caller's.
//
// The file has been checked by the loader and says what is wanted; what a plain user may
// not have of it is less, and told once by [View.Notice]. Names of users are looked up in
// the container's own root, which is hostile (userspec).
package ocispec
