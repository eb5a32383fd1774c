package e2e

import "testing"

// Ids of containers: the tools that map them, and the ranges.
func TestCrippledIDs(t *testing.T) {
	theLab(t).cripples([]cripple{
		{name: "no uidmap", take: "dpkg --remove uidmap", cause: "newuidmap-missing", up: says},
		{name: "newuidmap without setuid", take: "chmod u-s /usr/bin/newuidmap", cause: "newuidmap-unprivileged", up: says},
		{name: "newgidmap without setuid", rare: true, take: "chmod u-s /usr/bin/newgidmap", cause: "newuidmap-unprivileged", up: says},
		{
			name: "newuidmap on nosuid", rare: true, cause: "newuidmap-nosuid", up: says,
			take: "mount --bind /usr/bin/newuidmap /usr/bin/newuidmap && mount -o remount,bind,nosuid /usr/bin/newuidmap",
		},
		{name: "no ranges", take: "sed -i /^dev:/d /etc/subuid /etc/subgid", cause: "subids-none", up: says},
		{name: "no range of groups", rare: true, take: "sed -i /^dev:/d /etc/subgid", cause: "subids-none", up: says},
		{name: "small ranges", take: "sed -i s/65536/1000/ /etc/subuid /etc/subgid", cause: "subids-few", up: works},
		{name: "ranges overlap", take: "echo dev:150000:65536 >>/etc/subuid", cause: "subids-overlap-own", up: says},
		{name: "range of another user", rare: true, take: "echo games:150000:65536 >>/etc/subuid", cause: "subids-overlap-user", up: works},
		{
			name: "range has an account", cause: "subids-overlap-account", up: works,
			take: "useradd --no-create-home --uid 120000 someone",
		},
	})
}
