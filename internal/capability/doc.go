// Package capability knows the capabilities of the kernel by name and number,
// and how cap_add and cap_drop make a container's set of them. It is pure: the
// loader checks names with it, the sandbox makes bits of them.
package capability
