// Package settings is what netstack writes below /proc/sys/net. That directory shows
// the settings of the net namespace of the thread that opens a file, so all of this
// happens on the worker, but for what is said to be the host's.
//
// A new namespace copies the host's IPv4 settings (net.core.devconf_inherit_init_net=0
// means that), so nothing about them can be assumed: a host that forwards would
// make every service with two networks a router between them.
//
// Each file of a new namespace costs the kernel three or four new entries of
// /proc, about 20 µs. So in a container the files are the second choice: netstack
// gives interfaces their own values by netlink, and asks by netlink whether all/ has
// the right ones.
package settings
