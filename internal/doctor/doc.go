// Package doctor finds out what this machine can do for a project, and what
// mends what it cannot.
//
// # Model
//
// A [Check] is one answer: a name, a state, what was found, and the command that
// mends it. Most are found by doing the thing, not by asking for a version: a
// child of ours in a new user namespace, with the ids that projects would have,
// makes a bridge, a pair of interfaces, rules, a tap, and starts each helper on
// it. All of that is in namespaces of its own, which end with the child.
//
//	mocker-compose doctor ── Outside: files, limits, settings
//	        └─ child in a user namespace (role "doctor") ── Inside: as JSON
//
// # Adding a check
//
// One function that returns a Check, and a line in outside or inside.
package doctor
