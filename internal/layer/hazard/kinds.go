package hazard

import (
	"archive/tar"
	"math"
	"strings"
	"time"
)

// kinds are special files, attributes and owners.
func kinds(w where) []Archive {
	return []Archive{
		{Name: "device nodes", Entries: list{Special(tar.TypeBlock, "sda"), Special(tar.TypeChar, "mem"), File("f")}},
		{Name: "device, then through it", Entries: list{Special(tar.TypeChar, "l"), File("l/new")}},
		{Name: "fifo twice", Entries: list{Special(tar.TypeFifo, "p"), Special(tar.TypeFifo, "p")}},
		{Name: "file over a fifo", Entries: list{Special(tar.TypeFifo, "p"), File("p")}},
		{Name: "setuid and setgid", Entries: list{Mode(File("su"), 0o6755)}},
		{Name: "setuid of somebody", Entries: list{{Name: "su", Typeflag: tar.TypeReg, Mode: 0o6755, Uid: 1 << 30, Gid: 1 << 30}}},
		{Name: "mode with more bits than there are", Entries: list{Mode(File("f"), 0o7777777), Mode(Dir("d"), 0o1777777)}},
		{Name: "unknown kind", Entries: list{Special('Z', "z"), File("f")}},
		{Name: "huge ids", Entries: list{{Name: "f", Typeflag: tar.TypeReg, Mode: 0o4755, Uid: math.MaxInt, Gid: math.MaxInt}}},
		{Name: "negative ids", Entries: list{{Name: "f", Typeflag: tar.TypeReg, Mode: 0o4755, Uid: -1, Gid: -1, Format: tar.FormatGNU}}},
		{Name: "times out of range", Entries: list{{Name: "f", Typeflag: tar.TypeReg, ModTime: time.Unix(1<<55, 0), Format: tar.FormatGNU}}},
		{Name: "times before there was time", Entries: list{{Name: "d", Typeflag: tar.TypeDir, ModTime: time.Unix(-1<<40, 0), Format: tar.FormatGNU}}},
		{Name: "attributes that steer overlayfs", Entries: list{
			Xattr(Xattr(Xattr(File("f"), "user.overlay.redirect", w.abs), "user.overlay.whiteout", "y"), "trusted.overlay.opaque", "y"),
			Xattr(Xattr(Dir("d"), "user.overlay.opaque", "y"), "user.fuseoverlayfs.opaque", "y"),
			Xattr(File("g"), "user.overlay.overlay.opaque", "y")}},
		{Name: "attributes of the kernel", Entries: list{
			Xattr(File("f"), "system.posix_acl_access", "x"), Xattr(File("g"), "security.selinux", "x"),
			Xattr(File("h"), "security.ima", "x"), Xattr(File("i"), "trusted.x", "x"), Xattr(File("j"), "", "x"), Xattr(File("k"), "user.", "x")}},
		{Name: "attributes too large", Entries: list{
			Xattr(File("f"), "user."+strings.Repeat("n", 300), "x"), Xattr(File("g"), "user.x", strings.Repeat("v", 100_000))}},
		{Name: "file capabilities that are none", Entries: list{
			Xattr(File("a"), "security.capability", ""), Xattr(File("b"), "security.capability", "\x01"),
			Xattr(File("c"), "security.capability", strings.Repeat("\xff", 20)), Xattr(File("d"), "security.capability", strings.Repeat("\x02", 5000))}},
		{Name: "file capability of a link's target", Escapes: true, Entries: list{Xattr(Link("l", w.abs+"/keep"), "security.capability", "\x01\x00\x00\x02"+strings.Repeat("\x00", 16))}},
		{Name: "a name that is a device of ours", Entries: list{File("dev/null"), File("proc/self/mem"), Link("dev/fd", "/proc/self/fd")}},
	}
}
