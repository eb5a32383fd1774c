// Package uplink is the part of an uplink other than the relay that lies in the
// router namespace R: a tap, and the helper that carries its frames to the host.
//
//	container ── bridge in R ── forwarded, masqueraded ── tap mctap0 ═══ helper ── host's sockets
//
// # Model
//
// The tap is ours and persistent (TUNSETPERSIST): it has its addresses and the
// default routes of R before a helper runs, and keeps them when one dies. So a
// helper only attaches to a tap by its name, all helpers are alike, and a new
// one goes on where the last one ended: the kernel keeps what was masqueraded.
//
// R itself is the record: the tap's alias says which helper it is for, its
// addresses say which ranges (Read).
//
// A helper is a program of its own (pasta, slirp4netns), or our binary in a role
// ("gvisor", in builds with that tag). It runs in the host's net namespace and
// gets R as a file: nobody needs a process id of R. Who starts and watches it is
// not known here; see internal/host.
//
// # What must hold
//
//   - Nothing leads to the host's loopback. Each helper is told so by its own
//     flags, and the range of the tap, where helpers offer services of their own
//     (name servers, interfaces for control), is closed by the rules of R.
//   - The tap's ranges avoid those of the host and of the project's networks.
//   - A helper never configures anything: it is given no DHCP client to talk to,
//     and finds all set.
//
// # Limits
//
// slirp4netns has one IPv6 range that cannot be chosen: where the host uses it,
// that uplink is IPv4 only. gVisor's is IPv4 only. What a refused connection
// looks like is the helper's affair: pasta of 2023 lets it time out.
package uplink
