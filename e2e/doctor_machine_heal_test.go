package e2e

// heal makes the lab whole again, as root, whatever was taken from it, and takes
// back what remedies have written.
const heal = `
drop=/etc/systemd/system/user@.service.d
[ -e /run/lab-delegate ] || cp $drop/delegate.conf /run/lab-delegate
for kind in user net mnt pid ipc uts cgroup; do sysctl -qw user.max_${kind}_namespaces=7000; done
sysctl -qw kernel.unprivileged_userns_clone=1 fs.inotify.max_user_instances=128 fs.inotify.max_user_watches=16384 \
	kernel.keys.maxkeys=200 fs.mount-max=100000 kernel.pid_max=4194304 kernel.threads-max=15000 \
	net.ipv4.ip_unprivileged_port_start=80 net.ipv4.ping_group_range='0 2147483647'
echo /sbin/modprobe >/proc/sys/kernel/modprobe
modprobe -a bridge veth overlay tun fuse
chmod 666 /dev/net/tun /dev/fuse
grep -oE ' (/home/dev|/tmp/mc-e2e-|/usr/bin/new|/proc/)[^ ]+' /proc/self/mountinfo | grep -v binfmt | sort -ru | xargs -r umount -l
[ -e /usr/bin/newuidmap ] || apt-get -q install -y uidmap
chmod u+s /usr/bin/newuidmap /usr/bin/newgidmap
echo dev:100000:65536 | tee /etc/subuid >/etc/subgid
! id someone >/dev/null 2>&1 || userdel someone
rm -f /etc/security/limits.d/* /etc/sysctl.d/*mocker* /etc/modules-load.d/*mocker*
systemctl revert user-1000.slice 2>&1
if [ "$(cat $drop/* || true)" != "$(cat /run/lab-delegate)" ]; then
	rm -rf $drop; mkdir $drop; cp /run/lab-delegate $drop/delegate.conf
	systemctl daemon-reload
	systemctl restart user@1000
fi
[ -e /var/lib/systemd/linger/dev ] || loginctl enable-linger dev
systemctl reset-failed
systemctl set-property --runtime lab.service TasksMax=infinity # where dev is without a session
systemctl start user@1000
`

// nowhere is a cgroup that an administrator may hand over, and noNowhere removes it.
const (
	nowhere   = "/sys/fs/cgroup/nowhere"
	noNowhere = "[ ! -e " + nowhere + " ] || find " + nowhere + " -depth -type d -exec rmdir {} +"
)
