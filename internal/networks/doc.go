// Package networks keeps the definitions of a user's networks that belong to no
// project: those that `mocker-compose network create` makes and that a compose
// file means by `external: true`.
//
// # On disk
//
//	<data>/networks/NAME    the definition ([Network]), a record of package state
//	<data>/networks.lock    held while definitions come and go
//
// A definition is complete: what the caller leaves open (id, subnets, gateways)
// is chosen when it is made and stays, so that every project sees the same
// network for as long as it exists. There is nothing of it in the kernel: that is
// made by the first project that joins, and goes with the last.
//
// # What must hold
//
//   - A name is checked before it becomes part of a path.
//   - A network that a project is on is not removed: joining holds the lock
//     shared ([Store.Hold]), removal holds it alone and asks who is there.
//   - Subnets of definitions never overlap.
//   - A definition survives a crash of the machine once Create has returned.
//
// Order of locks: this one first, then that of the run dir (package
// netstack/commons).
package networks
