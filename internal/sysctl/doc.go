// Package sysctl decides which settings of the kernel belong to a container
// (sysctl(5), namespaces(7)) and which are the whole host's. It is pure.
package sysctl
