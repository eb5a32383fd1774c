package hazard

import (
	"archive/tar"
	"fmt"
	"strings"
)

// links are symbolic, and something is put through them.
func links(w where) []Archive {
	out := []Archive{
		{Name: "file through an absolute link (CVE-2014-9356, CVE-2024-0406)", Escapes: true, Entries: list{Link("l", w.abs), File("l/new")}},
		{Name: "file through a relative link", Escapes: true, Entries: list{Link("l", w.up), File("l/new")}},
		{Name: "over a file through a link", Escapes: true, Entries: list{Link("l", w.abs), File("l/keep")}},
		{Name: "over a directory through a link", Escapes: true, Entries: list{Link("l", w.abs), File("l/sub")}},
		{Name: "file over a link", Escapes: true, Entries: list{Link("l", w.abs+"/keep"), File("l")}},
		{Name: "file over a dangling link", Escapes: true, Entries: list{Link("l", w.abs+"/new"), File("l")}},
		{Name: "directory over a link", Escapes: true, Entries: list{Link("l", w.abs), Mode(Dir("l"), 0o777), File("l/new")}},
		{Name: "directory over a link, by a dot", Escapes: true, Entries: list{Link("l", w.abs), Mode(Dir("l/."), 0o777)}},
		{Name: "link with a slash behind", Escapes: true, Entries: list{Link("l/", w.abs), File("l/new")}},
		{Name: "mode through a link", Escapes: true, Entries: list{Link("l", w.abs), Mode(Dir("l/sub"), 0)}},
		{Name: "mode of what a link points to", Escapes: true, Entries: list{Mode(Link("l", w.abs+"/keep"), 0o777)}},
		{Name: "attribute of what a link points to", Escapes: true, Entries: list{Xattr(Link("l", w.abs+"/keep"), "user.evil", "1")}},
		{Name: "fifo through a link", Escapes: true, Entries: list{Link("l", w.abs), Special(tar.TypeFifo, "l/new")}},
		{Name: "link through a link", Escapes: true, Entries: list{Link("l", w.abs), Link("l/new", "/")}},
		{Name: "device through a link", Escapes: true, Entries: list{Link("l", w.abs), Special(tar.TypeChar, "l/new")}},
		{Name: "chain of links", Escapes: true, Entries: list{Link("a", "b"), Link("b", "c"), Link("c", w.abs), File("a/new")}},
		{Name: "chain by steps", Escapes: true, Entries: list{Dir("d"), Link("d/u", ".."), Link("d/u2", "u/.."), Link("x", "d/u2/../../canary"), File("x/new")}},
		{Name: "link to the parent, many times", Escapes: true, Entries: list{Link("a", ".."), Link("a/b", ".."), Link("a/b/c", ".."), Link("l", "a/b/c/../../canary"), File("l/new")}},
		{Name: "loop of links", Refused: true, Entries: list{Link("a", "b"), Link("b", "a"), File("a/new")}},
		{Name: "link to itself", Refused: true, Entries: list{Link("a", "a"), File("a/new")}},
		{Name: "link into itself", Refused: true, Entries: list{Link("a", "a/b"), File("a/new")}},
		{Name: "link to dot", Entries: list{Link("a", "."), File("a/a/a/new")}},
		{Name: "link to the root", Escapes: true, Entries: list{Link("a", "/"), File("a" + w.abs + "/new")}},
		{Name: "link to nothing", Refused: true, Entries: list{{Name: "a", Typeflag: tar.TypeSymlink}}},
		{Name: "link to /proc", Escapes: true, Entries: list{Link("p", "/proc/self/cwd"), File("p/new")}},
		{Name: "link with a text of 4095 bytes", Entries: list{Link("l", strings.Repeat("x/", 2047)), Link("k", "y")}},
		{Name: "link text longer than paths may be", Refused: true, Entries: list{Link("l", strings.Repeat("x/", 2100))}},
		{Name: "path too long to be resolved (CVE-2025-4517)", Escapes: true, Entries: tooLong(w)},
	}
	var many list
	for i := range 200 {
		many = append(many, Link(fmt.Sprint("l", i), fmt.Sprint("l", i+1)))
	}
	many = append(many, Link("l200", w.abs), File("l0/new"))
	return append(out, Archive{Name: "200 links in a row", Refused: true, Escapes: true, Entries: many})
}

// tooLong makes a path of links, each of one letter, that is longer than
// PATH_MAX once they are resolved; behind it a link leads up.
func tooLong(w where) list {
	var out list
	long, path, back := strings.Repeat("d", 200), "", ""
	for c := 'a'; c < 'q'; c++ {
		dir := path + long
		out = append(out, Dir(dir), Link(path+string(c), long))
		path += string(c) + "/"
		back += "../"
	}
	return append(out, Link(path+"up", back+w.up), Link("out", path+"up"), File("out/new"))
}

// hardLinks lead out, or to what leads out.
func hardLinks(w where) []Archive {
	return []Archive{
		{Name: "hard link out, relative (CVE-2014-6407)", Refused: true, Escapes: true, Entries: list{Hard("h", w.up+"/keep")}},
		{Name: "hard link out, then written (CVE-2018-20834)", Refused: true, Escapes: true, Entries: list{Hard("h", w.up+"/keep"), File("h")}},
		{Name: "hard link out, absolute", Refused: true, Entries: list{Hard("h", w.abs+"/keep")}},
		{Name: "hard link to /etc/passwd", Refused: true, Entries: list{Hard("h", "/etc/passwd"), File("h")}},
		{Name: "hard link with an absolute target inside (CVE-2026-17106)", Entries: list{File("f"), Hard("h", "/f"), Hard("d/k", "//./f")}},
		{Name: "hard link through a link", Refused: true, Escapes: true, Entries: list{Link("l", w.abs), Hard("h", "l/keep"), File("h")}},
		{Name: "hard link below a link", Escapes: true, Entries: list{Link("l", w.abs), File("f"), Hard("l/new", "f")}},
		{Name: "hard link over a file below a link", Escapes: true, Entries: list{Link("l", w.abs), File("f"), Hard("l/keep", "f")}},
		{Name: "hard link to a link", Escapes: true, Entries: list{Link("l", w.abs+"/keep"), Hard("h", "l"), File("h")}},
		{Name: "hard link to a link, mode (CVE-2021-32760)", Escapes: true, Entries: list{Link("l", w.abs+"/keep"), Mode(Hard("h", "l"), 0o777)}},
		{Name: "hard link to a link, then a directory", Escapes: true, Entries: list{Link("l", w.abs), Hard("h", "l"), Mode(Dir("h"), 0o777), File("h/new")}},
		{Name: "hard link to a hard link to a link", Escapes: true, Entries: list{Link("l", w.abs), Hard("h", "l"), Hard("i", "h"), File("i/new")}},
		{Name: "hard link to nothing", Refused: true, Entries: list{Hard("h", "absent")}},
		{Name: "hard link to what comes later", Refused: true, Entries: list{Hard("h", "f"), File("f")}},
		{Name: "hard link to a directory", Refused: true, Entries: list{Dir("d"), Hard("h", "d")}},
		{Name: "hard link to the root", Refused: true, Entries: list{Hard("h", "/")}},
		{Name: "hard link to itself", Entries: list{File("h"), Hard("h", "h")}},
		{Name: "hard link to a device", Refused: true, Entries: list{Special(tar.TypeBlock, "d"), Hard("h", "d")}},
		{Name: "hard link to a fifo, then written", Entries: list{Special(tar.TypeFifo, "p"), Hard("h", "p"), File("h")}},
		{Name: "hard link with a content", Entries: list{File("f"), {Name: "h", Linkname: "f", Typeflag: tar.TypeLink, Size: 0, Mode: 0o7777}}},
		{Name: "hard link to a setuid file", Entries: list{Mode(File("su"), 0o6755), Hard("h", "su")}},
	}
}
