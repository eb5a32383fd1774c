// Package doctor finds out what this machine can do for a project, and what
// mends what it cannot.
//
// # Model
//
// Things are found out by doing them, not by asking for a version. What came of it is
// in found; judges, which do nothing but look at found and at the files of the
// [cause.Host], make a [Check] of it: a state, and the cause with what mends it (package
// cause, whose texts failing commands print, too).
//
//	mocker-compose doctor ── outside: files, limits, directories ─┐
//	  ├─ child in a user namespace (role "doctor"): as JSON ───────┼─▶ found ─▶ judges ─▶ Report
//	  └─ delegate.Probe: where cgroups come from ──────────────────┘
//
// The child has the ids that projects would have, or one where these cannot be had. It
// makes namespaces, a bridge, a pair of interfaces, rules, an overlay, a tap, and starts
// each helper on one. All of that is in namespaces of its own, which end with it. In the
// directories of ours, attempts are made in a directory that is removed; one that is left
// was a killed doctor's, and the next removes it.
//
// # Adding a check
//
// An attempt in outside.go or child.go, a judge, a line in table.go, a section in
// docs/doctor.md, and a machine without it in crippled_hosts_test.go.
package doctor
