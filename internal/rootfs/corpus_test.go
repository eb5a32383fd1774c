package rootfs

import (
	"archive/tar"
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// hostile is one archive of the corpus.
type hostile struct {
	name    string
	refused bool // the whole archive, by an error
	entries []tar.Header
}

func file(name string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: 4}
}
func folder(name string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeDir, Mode: 0o755}
}
func link(name, to string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: to, Mode: 0o777}
}
func hard(name, to string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeLink, Linkname: to, Mode: 0o644}
}
func special(kind byte, name string) tar.Header {
	return tar.Header{Name: name, Typeflag: kind, Mode: 0o666, Devmajor: 1, Devminor: 3}
}
func mode(h tar.Header, m int64) tar.Header { h.Mode = m; return h }

// corpus attacks top/canary from a tree three directories below top.
func corpus(top string) []hostile {
	abs, up := top+"/canary", "../../../canary"
	deep := strings.Repeat("d/", 300)
	list := []hostile{
		{"dotdot file", true, []tar.Header{file(up + "/new")}},
		{"dotdot over a file", true, []tar.Header{file(up + "/keep")}},
		{"dotdot in the middle", true, []tar.Header{folder("a"), file("a/../" + up + "/new")}},
		{"dotdot directory", true, []tar.Header{mode(folder(up), 0o777)}},
		{"dotdot alone", true, []tar.Header{mode(folder(".."), 0o777)}},
		{"dotdot last", true, []tar.Header{folder("a"), mode(folder("a/../.."), 0)}},
		{"absolute name", false, []tar.Header{file(abs + "/new")}},
		{"absolute with dotdot", true, []tar.Header{file("/../../.." + abs + "/new")}},
		{"many slashes", false, []tar.Header{file("//" + abs + "//new")}},
		{"file through an absolute link", false, []tar.Header{link("l", abs), file("l/new")}},
		{"file through a relative link", false, []tar.Header{link("l", up), file("l/new")}},
		{"over a file through a link", false, []tar.Header{link("l", abs), file("l/keep")}},
		{"file over a link", false, []tar.Header{link("l", abs+"/keep"), file("l")}},
		{"file over a dangling link", false, []tar.Header{link("l", abs+"/new"), file("l")}},
		{"directory over a link", false, []tar.Header{link("l", abs), mode(folder("l"), 0o777), file("l/new")}},
		{"mode through a link", false, []tar.Header{link("l", abs), mode(folder("l/sub"), 0)}},
		{"chain of links", false, []tar.Header{link("a", "b"), link("b", "c"), link("c", abs), file("a/new")}},
		{"chain by steps", false, []tar.Header{folder("d"), link("d/u", ".."), link("d/u2", "u/.."), link("x", "d/u2/../../canary"), file("x/new")}},
		{"loop of links", true, []tar.Header{link("a", "b"), link("b", "a"), file("a/new")}},
		{"link to itself", true, []tar.Header{link("a", "a"), file("a/new")}},
		{"link to dot", false, []tar.Header{link("a", "."), file("a/a/a/new")}},
		{"link to the root", false, []tar.Header{link("a", "/"), file("a" + abs + "/new")}},
		{"link to nothing", true, []tar.Header{link("a", "")}},
		{"hard link out, absolute", true, []tar.Header{hard("h", abs+"/keep")}},
		{"hard link out, relative", true, []tar.Header{hard("h", up+"/keep")}},
		{"hard link out, then written", true, []tar.Header{hard("h", up+"/keep"), file("h")}},
		{"hard link through a link", true, []tar.Header{link("l", abs), hard("h", "l/keep"), file("h")}},
		{"hard link to a link", false, []tar.Header{link("l", abs+"/keep"), hard("h", "l"), file("h")}},
		{"hard link to a link, mode", false, []tar.Header{link("l", abs+"/keep"), hard("h", "l"), mode(folder("h"), 0o777)}},
		{"hard link to nothing", true, []tar.Header{hard("h", "absent")}},
		{"hard link to a directory", true, []tar.Header{folder("d"), hard("h", "d")}},
		{"hard link to the root", true, []tar.Header{hard("h", "/")}},
		{"hard link to itself", false, []tar.Header{file("h"), hard("h", "h")}},
		{"directory replaced by a link", false, []tar.Header{folder("d"), file("d/f"), link("d", abs), file("d/new")}},
		{"parent replaced by a link", false, []tar.Header{folder("p/d"), link("p", abs), mode(folder("p/sub"), 0o777), file("p/keep")}},
		{"closed directory and a link into it", false, []tar.Header{mode(folder("d"), 0), link("d/l", abs), file("d/l/new")}},
		{"the root as a file", true, []tar.Header{file(".")}},
		{"the root as a link", true, []tar.Header{link("./", abs)}},
		{"dot", false, []tar.Header{mode(folder("."), 0o755), mode(folder("./."), 0o700)}},
		{"file as a parent", true, []tar.Header{file("f"), file("f/new")}},
		{"device nodes", false, []tar.Header{special(tar.TypeBlock, "sda"), special(tar.TypeChar, "mem"), file("f")}},
		{"device, then through it", false, []tar.Header{special(tar.TypeChar, "l"), file("l/new")}},
		{"fifo", false, []tar.Header{special(tar.TypeFifo, "p"), special(tar.TypeFifo, "p")}},
		{"fifo as a hard link's target", false, []tar.Header{special(tar.TypeFifo, "p"), hard("h", "p"), file("h")}},
		{"whiteouts", false, []tar.Header{file(".wh."), file(".wh..."), file(".wh..wh..opq"), file("a/.wh.keep")}},
		{"setuid", false, []tar.Header{mode(file("su"), 0o6755)}},
		{"duplicates of every kind", false, []tar.Header{file("x"), folder("x"), link("x", abs), special(tar.TypeFifo, "x"), folder("x"), file("x/y"), file("x")}},
		{"unknown kind", false, []tar.Header{special('Z', "z"), file("f")}},
		{"deep", false, []tar.Header{file(deep + "f")}},
		{"too deep", true, []tar.Header{file(strings.Repeat("d/", 2100) + "f")}},
		{"long component", true, []tar.Header{file(strings.Repeat("n", 300))}},
		{"newline and escape", false, []tar.Header{file("a\nb\x1b[2J")}},
		{"huge ids", false, []tar.Header{{Name: "f", Typeflag: tar.TypeReg, Mode: 0o4755, Uid: math.MaxInt, Gid: math.MaxInt}}},
		{"negative ids", false, []tar.Header{{Name: "f", Typeflag: tar.TypeReg, Mode: 0o4755, Uid: -1, Gid: -1, Format: tar.FormatGNU}}},
		{"times out of range", false, []tar.Header{{Name: "f", Typeflag: tar.TypeReg, ModTime: time.Unix(1<<55, 0), Format: tar.FormatGNU}}},
		{"overlay attributes", false, []tar.Header{{Name: "f", Typeflag: tar.TypeReg, PAXRecords: map[string]string{
			"SCHILY.xattr.user.overlay.redirect": abs, "SCHILY.xattr.trusted.overlay.opaque": "y", "SCHILY.xattr.user.mine": "1"}}}},
	}
	var many []tar.Header
	for i := range 200 {
		many = append(many, link(fmt.Sprint("l", i), fmt.Sprint("l", i+1)))
	}
	return append(list, hostile{"200 links in a row", true, append(many, link("l200", abs), file("l0/new"))})
}

// archive encodes the entries; a file's content is "evil".
func archive(t testing.TB, entries []tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range entries {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatalf("%q: %v", h.Name, err)
		}
		if h.Size > 0 {
			w.Write([]byte("evil" + strings.Repeat("\x00", int(h.Size)-4)))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
