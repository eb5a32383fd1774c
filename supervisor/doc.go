// Package supervisor answers the commands about one project, and keeps its containers in
// their desired state. It knows no kernel: Runtime is all that it needs of one, so its
// tests need neither rights nor namespaces.
//
// # Where things are
//
//	door, wire     a connection, its one request, its answers
//	op_*.go        a command each: what it refuses, whose turn it waits for, which plan it makes
//	execution      carries out a plan for a command, and says what docker compose says
//	lifecycle      keeps the containers: states, events, the table, the record, adoption
//	kernel         what it needs of a kernel; internal/host is the real one
//
// The words for states and events are those of package states, what is on disk is package
// record's. Pure rules have their own packages: policy (restarts, health, signals, grace
// periods), prestart (steps before a start), rollout (updates in groups), waits
// (conditions), survey (what exists, as plans see it), vet (what is refused).
//
// # Commands
//
// A command that changes the project waits for its turn (turns): one writer, in
// order of arrival. A stop, a down or a kill cancels what would start the same
// services, at once; so a stop always beats a start. Kill, exec, ps, info and
// events wait for nobody. A command sends commands to containers and waits for
// states; it never polls, so a dependent starts in the moment its
// condition turns true. An up or start whose client has gone stops at its next
// step. A stop, restart or down is finished: half of one is worse. All are
// idempotent: after a crash of the supervisor the client just asks again.
//
// # One-off containers
//
// What run makes is a container like the others, with a OneOff in its record.
// It is no replica: plans leave it out, but for down, and for up as an orphan
// when it has ended; conditions, restart policies and holds are not about it.
// Its request stays until it has ended. The client chose its id, so a request
// can be repeated: it goes on with what the last supervisor made. With
// OneOff.Remove it goes when it has ended and no request has a claim on it;
// after an adoption it waits some seconds for its client, who wants its exit code.
//
// # Limits
//
// A container inherits the anonymous volumes of the one that it replaces, but not if its
// supervisor dies between the removal and the creation: then they are nobody's. Events
// are not replayed across supervisors.
package supervisor
