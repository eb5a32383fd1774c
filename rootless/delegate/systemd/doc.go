// Package systemd asks the manager of a user, or the system's, for a scope: over
// D-Bus, in a process of its own (role delegate.Role), so that no other pays for it.
//
// The process reads one question from its standard input, tries the addresses in it
// one after the other, prints one answer, and ends. The manager's private socket
// needs no bus daemon and no Hello; on a bus we say so and listen for the end of our job.
//
// # Invariants
//
//   - A scope is asked for and its job awaited: when the answer is there, the
//     processes are in it or the question has failed.
//   - A unit of that name that is on its way out is waited for; one that has failed
//     is forgotten (ResetFailed); one that lives is left alone and told (Taken).
//   - It has no limit of its own but [patience] and [jobPatience]: who asked ends the process.
//
// Sources: org.freedesktop.systemd1(5), systemd.scope(5), systemd.resource-control(5),
// D-Bus specification, "Authentication Protocol", EXTERNAL.
package systemd
