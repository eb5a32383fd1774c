// Package ulimit knows the resource limits of a process by the names that docker
// gives them (setrlimit(2)), and what of a wished limit can be had without
// privilege: a hard limit can only be lowered. It is pure.
package ulimit
