package hazard

import (
	"archive/tar"
	"fmt"
	"math"
	"strings"
	"time"
)

// Archive is one of the corpus.
type Archive struct {
	Name    string // the hazard, or the advisory
	Refused bool   // the whole archive, by an error
	Entries []tar.Header
}

// Corpus attacks top/canary from a tree three directories below top.
func Corpus(top string) []Archive {
	abs, up := top+"/canary", "../../../canary"
	deep := strings.Repeat("d/", 300)
	list := []Archive{
		{"dotdot file", true, []tar.Header{File(up + "/new")}},
		{"dotdot over a file", true, []tar.Header{File(up + "/keep")}},
		{"dotdot in the middle", true, []tar.Header{Dir("a"), File("a/../" + up + "/new")}},
		{"dotdot directory", true, []tar.Header{Mode(Dir(up), 0o777)}},
		{"dotdot alone", true, []tar.Header{Mode(Dir(".."), 0o777)}},
		{"dotdot last", true, []tar.Header{Dir("a"), Mode(Dir("a/../.."), 0)}},
		{"absolute name", false, []tar.Header{File(abs + "/new")}},
		{"absolute with dotdot", true, []tar.Header{File("/../../.." + abs + "/new")}},
		{"many slashes", false, []tar.Header{File("//" + abs + "//new")}},
		{"file through an absolute link", false, []tar.Header{Link("l", abs), File("l/new")}},
		{"file through a relative link", false, []tar.Header{Link("l", up), File("l/new")}},
		{"over a file through a link", false, []tar.Header{Link("l", abs), File("l/keep")}},
		{"file over a link", false, []tar.Header{Link("l", abs+"/keep"), File("l")}},
		{"file over a dangling link", false, []tar.Header{Link("l", abs+"/new"), File("l")}},
		{"directory over a link", false, []tar.Header{Link("l", abs), Mode(Dir("l"), 0o777), File("l/new")}},
		{"mode through a link", false, []tar.Header{Link("l", abs), Mode(Dir("l/sub"), 0)}},
		{"chain of links", false, []tar.Header{Link("a", "b"), Link("b", "c"), Link("c", abs), File("a/new")}},
		{"chain by steps", false, []tar.Header{Dir("d"), Link("d/u", ".."), Link("d/u2", "u/.."), Link("x", "d/u2/../../canary"), File("x/new")}},
		{"loop of links", true, []tar.Header{Link("a", "b"), Link("b", "a"), File("a/new")}},
		{"link to itself", true, []tar.Header{Link("a", "a"), File("a/new")}},
		{"link to dot", false, []tar.Header{Link("a", "."), File("a/a/a/new")}},
		{"link to the root", false, []tar.Header{Link("a", "/"), File("a" + abs + "/new")}},
		{"link to nothing", true, []tar.Header{Link("a", "")}},
		{"hard link out, absolute", true, []tar.Header{Hard("h", abs+"/keep")}},
		{"hard link out, relative", true, []tar.Header{Hard("h", up+"/keep")}},
		{"hard link out, then written", true, []tar.Header{Hard("h", up+"/keep"), File("h")}},
		{"hard link through a link", true, []tar.Header{Link("l", abs), Hard("h", "l/keep"), File("h")}},
		{"hard link to a link", false, []tar.Header{Link("l", abs+"/keep"), Hard("h", "l"), File("h")}},
		{"hard link to a link, mode", false, []tar.Header{Link("l", abs+"/keep"), Hard("h", "l"), Mode(Dir("h"), 0o777)}},
		{"hard link to nothing", true, []tar.Header{Hard("h", "absent")}},
		{"hard link to a directory", true, []tar.Header{Dir("d"), Hard("h", "d")}},
		{"hard link to the root", true, []tar.Header{Hard("h", "/")}},
		{"hard link to itself", false, []tar.Header{File("h"), Hard("h", "h")}},
		{"directory replaced by a link", false, []tar.Header{Dir("d"), File("d/f"), Link("d", abs), File("d/new")}},
		{"parent replaced by a link", false, []tar.Header{Dir("p/d"), Link("p", abs), Mode(Dir("p/sub"), 0o777), File("p/keep")}},
		{"closed directory and a link into it", false, []tar.Header{Mode(Dir("d"), 0), Link("d/l", abs), File("d/l/new")}},
		{"the root as a file", true, []tar.Header{File(".")}},
		{"the root as a link", true, []tar.Header{Link("./", abs)}},
		{"dot", false, []tar.Header{Mode(Dir("."), 0o755), Mode(Dir("./."), 0o700)}},
		{"file as a parent", true, []tar.Header{File("f"), File("f/new")}},
		{"device nodes", false, []tar.Header{Special(tar.TypeBlock, "sda"), Special(tar.TypeChar, "mem"), File("f")}},
		{"device, then through it", false, []tar.Header{Special(tar.TypeChar, "l"), File("l/new")}},
		{"fifo", false, []tar.Header{Special(tar.TypeFifo, "p"), Special(tar.TypeFifo, "p")}},
		{"fifo as a hard link's target", false, []tar.Header{Special(tar.TypeFifo, "p"), Hard("h", "p"), File("h")}},
		{"whiteouts", false, []tar.Header{File(".wh."), File(".wh..."), File(".wh..wh..opq"), File("a/.wh.keep")}},
		{"setuid", false, []tar.Header{Mode(File("su"), 0o6755)}},
		{"duplicates of every kind", false, []tar.Header{File("x"), Dir("x"), Link("x", abs), Special(tar.TypeFifo, "x"), Dir("x"), File("x/y"), File("x")}},
		{"unknown kind", false, []tar.Header{Special('Z', "z"), File("f")}},
		{"deep", false, []tar.Header{File(deep + "f")}},
		{"too deep", true, []tar.Header{File(strings.Repeat("d/", 2100) + "f")}},
		{"long component", true, []tar.Header{File(strings.Repeat("n", 300))}},
		{"newline and escape", false, []tar.Header{File("a\nb\x1b[2J")}},
		{"huge ids", false, []tar.Header{{Name: "f", Typeflag: tar.TypeReg, Mode: 0o4755, Uid: math.MaxInt, Gid: math.MaxInt}}},
		{"negative ids", false, []tar.Header{{Name: "f", Typeflag: tar.TypeReg, Mode: 0o4755, Uid: -1, Gid: -1, Format: tar.FormatGNU}}},
		{"times out of range", false, []tar.Header{{Name: "f", Typeflag: tar.TypeReg, ModTime: time.Unix(1<<55, 0), Format: tar.FormatGNU}}},
		{"overlay attributes", false, []tar.Header{{Name: "f", Typeflag: tar.TypeReg, PAXRecords: map[string]string{
			"SCHILY.xattr.user.overlay.redirect": abs, "SCHILY.xattr.trusted.overlay.opaque": "y", "SCHILY.xattr.user.mine": "1"}}}},
	}
	var many []tar.Header
	for i := range 200 {
		many = append(many, Link(fmt.Sprint("l", i), fmt.Sprint("l", i+1)))
	}
	return append(list, Archive{"200 links in a row", true, append(many, Link("l200", abs), File("l0/new"))})
}
