// Package plan works out what a command has to do, as data: from what the
// files want and what exists, to a graph of operations that can be printed,
// compared with a golden text, and run.
//
// Make (up), MakeStart, MakeStop, MakeRestart and MakeDown are pure: they see
// values only, and the same values give the same plan. All decisions are made
// there, each operation carries its cause in words. Run decides nothing: it
// executes an operation when all operations it comes after have succeeded.
//
// How an up is put together, for the services selected and what they need:
//
//	networks, volumes  those that do not exist
//	stop, remove       diverged containers, surplus replicas, orphans if asked;
//	                   dependents with restart: true before what they depend on
//	create             what is missing, after its networks and volumes and
//	                   after the removal of the container it replaces
//	wait               one per dependency and condition, after the starts of
//	                   that dependency
//	limit              containers that stay, and may use more or less than before
//	start              after its creation, its limits and its waits
//	settle             with deploy.update_config the removals, creations and starts of
//	                   a service go in groups; a group is begun after the one before
//
// Invariants:
//   - the graph has no cycle, and every After names an operation with a lower
//     number: the printed order is a valid order;
//   - nothing is started after a prerequisite that failed or did not end;
//   - a second Make over the result of a successful run is empty.
//
// Limits: anonymous volumes are not in a plan: they go by the container's name, so
// that the one that replaces it finds them.
package plan
