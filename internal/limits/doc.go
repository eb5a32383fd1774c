// Package limits is what a service's limits are in the terms of the kernel, and by
// which names its user knows them: pure.
//
// The values go the way of a container runtime: the project's model to the
// LinuxResources of the OCI runtime specification ([OCI]), and those to files of a
// cgroup (rootless/cgroup). The arithmetic of docker is done here: swap from the sum
// of memory and swap, a quota from a number of processors, the default number of
// processes.
//
// When a controller is missing, [Keys] tells which keys of the file are not
// enforced: as they are written there, not as the kernel calls them.
package limits
