// Package uplinks keeps a project's way out open: it chooses between the relay,
// none and a tap with a helper, starts the helper, and starts another when it
// dies.
//
//	asked for (flag, file) ─▶ Keeper ─▶ netstack: tap, routes, rules of R
//	                            │
//	                            └─▶ project holder: the helper, "@uplink/NAME/N"
//
// # Model
//
// A helper is a child of the project holder, in its pid namespace: it outlives a
// supervisor and cannot outlive the project. Which uplink there is, is written
// in R; which helper runs, in the holder's table. So a successor needs no record:
// [Keeper.Adopt] goes on with the helper that it finds, and starts one where the
// tap has none.
//
// # What must hold
//
//   - At most one helper runs; another is started only after the end of the last
//     one was seen.
//   - Nothing is changed by a request for what cannot be had here.
//   - The death of a helper touches no container and no published port.
//
// # Limits
//
// Connections through a helper end with it: it is their end. Taking another
// uplink cuts those through the last one.
package uplinks
