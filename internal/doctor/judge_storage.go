package doctor

import (
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/cause"
)

func judgeData(h cause.Host, f *found) verdict {
	d := f.data
	if err := d.write.Err(); err != nil {
		return problem(cause.Write(h, d.dir, err), "%v", err)
	}
	switch {
	case d.fs == "tmpfs" || d.fs == "ramfs":
		return degraded(cause.Volatile(d.dir), "%s on %s", d.dir.Path, d.fs)
	case slices.Contains(remote(), d.fs):
		return degraded(cause.Remote(d.dir, d.fs), "%s on %s", d.dir.Path, d.fs)
	}
	return good("%s on %s", d.dir.Path, d.fs)
}

// remote are file systems of other machines.
func remote() []string {
	return []string{"nfs", "nfs4", "cifs", "smb3", "9p", "afs", "ceph", "fuse.sshfs"}
}

func judgeDataSpace(h cause.Host, f *found) verdict { return space(h, f.data, cause.LowBytes) }

// lowRun is little for sockets and small files.
const lowRun = 1 << 20

func judgeRunSpace(h cause.Host, f *found) verdict { return space(h, f.run, lowRun) }

func space(h cause.Host, d dirFound, low uint64) verdict {
	switch {
	case d.write.Err() != nil:
		return untried(d.dir.Path)
	case d.bytes == 0:
		return problem(cause.Full(h, d.dir, 0, 0), "nothing left")
	case d.bytes < low, !d.noInodes && d.inodes < cause.LowInodes && low == cause.LowBytes:
		return degraded(cause.Full(h, d.dir, d.bytes, d.inodes), "%s left, %d inodes", cause.Size(d.bytes), d.inodes)
	}
	return good("%s left", cause.Size(d.bytes))
}

func judgeDataExec(h cause.Host, f *found) verdict {
	if f.data.write.Err() != nil {
		return untried("the data directory")
	}
	if err := f.data.exec.Err(); err != nil {
		return degraded(cause.NoExec(h, f.data.dir), "%v", err)
	}
	return good("can be executed")
}

func judgeOverlay(h cause.Host, f *found) verdict {
	switch {
	case f.inside == nil:
		return untried("user namespaces")
	case f.data.write.Err() != nil:
		return untried("the data directory")
	}
	if err := f.inside.Overlay.Err(); err != nil {
		return degraded(cause.Overlay(h, f.data.dir, f.data.fs, f.inside.Fuse.Err() == nil), "%v", err)
	}
	return good("made one on %s", f.data.fs)
}

// judgeFuse: where the kernel makes overlays, nobody needs it.
func judgeFuse(h cause.Host, f *found) verdict {
	switch overlay := judgeOverlay(h, f); {
	case overlay.state == Untried:
		return overlay
	case f.inside.Fuse.Err() == nil:
		return good("can run")
	case overlay.state == OK:
		return good("not needed: the kernel makes overlays")
	}
	c := cause.Cause{ID: "fuse-overlayfs-missing", What: f.inside.Fuse.Text, Lost: "what takes the place of the kernel's overlay"}
	c.Remedy, c.Note = h.Install(cause.FuseOverlay)
	if f.inside.Fuse.Errno != 0 {
		c.ID, c.Remedy, c.Note = "fuse-device", []string{h.Sudo("modprobe fuse"), h.Sudo("chmod 666 /dev/fuse")}, ""
	}
	return absent(c, "%s", f.inside.Fuse.Text)
}

func judgeRun(h cause.Host, f *found) verdict {
	d := f.run
	if err := d.write.Err(); err != nil {
		return problem(cause.Write(h, d.dir, err), "%v", err)
	}
	if err := f.socket.Err(); err != nil {
		return problem(cause.Write(h, d.dir, err), "a socket: %v", err)
	}
	if f.runShared {
		return degraded(cause.RunDir(h, d.dir), "%s on %s", d.dir.Path, d.fs)
	}
	return good("%s on %s", d.dir.Path, d.fs)
}

// fewMounts is what a service with some volumes has.
const fewMounts = 100

func judgeMounts(h cause.Host, _ *found) verdict {
	n, ok := h.Number("fs.mount-max")
	switch {
	case !ok:
		return good("as many as the kernel has memory for")
	case n < fewMounts:
		return problem(cause.MountMax(h), "fs.mount-max = %d", n)
	case n < 10*fewMounts:
		return degraded(cause.MountMax(h), "fs.mount-max = %d", n)
	}
	return good("fs.mount-max = %d", n)
}
