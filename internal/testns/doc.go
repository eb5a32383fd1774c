// Package testns is for tests that need the kernel: it runs a test in fresh
// namespaces, runs a whole test program as a plain user, and counts what a test
// left behind.
//
//	Isolated       re-executes one test in namespaces of its own
//	Require...     skips a test, with the reason and the remedy, where it cannot run
//	PlainUser      an unprivileged account for tests that start as root
//	Take, Clean    the leak census
//
// # The leak census
//
// A Snapshot lists what belongs to a Scope (some user ids, some directories) at
// one moment: processes, namespaces (those processes are in and those that open
// files pin), mounts of this mount namespace, network links, listening sockets,
// cgroups, files. What is in a later snapshot and not in an earlier one is a
// stray. Clean waits up to a limit, because the kernel takes network namespaces
// apart after their last process has gone.
//
// Limits: namespaces that only a process of another user pins are not seen, nor
// are keys of the keyring. On a machine where the same user starts sandboxes
// meanwhile (a browser does), those are counted: as root, tests therefore run
// as a user of their own.
package testns
