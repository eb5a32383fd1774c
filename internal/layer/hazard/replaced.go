package hazard

import "archive/tar"

// replaced are names that change what they are: a cache of what was seen lies.
func replaced(w where) []Archive {
	fifo := Special(tar.TypeFifo, "x")
	return []Archive{
		{Name: "directory replaced by a link (CVE-2021-32803)", Escapes: true, Entries: list{Dir("d"), File("d/f"), Link("d", w.abs), File("d/new")}},
		{Name: "parent replaced by a link", Escapes: true, Entries: list{Dir("p/d"), Link("p", w.abs), Mode(Dir("p/sub"), 0o777), File("p/keep")}},
		{Name: "grandparent replaced by a link", Escapes: true, Entries: list{File("p/q/r/f"), Link("p/q", w.abs), File("p/q/sub/new")}},
		{Name: "link replaced by a link", Escapes: true, Entries: list{Dir("d"), Link("l", "d"), File("l/f"), Link("l", w.abs), File("l/new")}},
		{Name: "what a link points to replaced by a link", Escapes: true, Entries: list{Dir("d"), Link("l", "d"), File("l/f"), Link("d", w.abs), File("l/new")}},
		{Name: "link in the middle replaced", Escapes: true, Entries: list{Dir("a/b"), Link("l", "a"), File("l/b/f"), Link("l", w.abs), Mode(Dir("l/sub"), 0o777)}},
		{Name: "link replaced by a directory", Escapes: true, Entries: list{Link("l", w.abs), File("l"), Dir("l"), File("l/f")}},
		{Name: "directory, link, directory", Escapes: true, Entries: list{Mode(Dir("d"), 0o700), Link("d", w.abs), Mode(Dir("d"), 0o777), File("d/new")}},
		{Name: "directory's mode waits, a link comes", Escapes: true, Entries: list{Mode(Dir("sub"), 0o700), Link("sub", w.abs+"/sub")}},
		{Name: "closed directory and a link in it", Escapes: true, Entries: list{Mode(Dir("d"), 0), Link("d/l", w.abs), File("d/l/new")}},
		{Name: "file replaced by a link, then written", Escapes: true, Entries: list{File("f"), Link("f", w.abs+"/keep"), File("f")}},
		{Name: "fifo replaced by a link", Escapes: true, Entries: list{fifo, Link("x", w.abs), File("x/new")}},
		{Name: "every kind under one name", Entries: list{File("x"), Dir("x"), Link("x", "y"), fifo, Dir("x"), File("x/y"), File("x")}},
		{Name: "parent under two names", Escapes: true, Entries: list{Dir("a"), Link("b", "a"), Link("a/l", w.abs), File("b/l/new")}},
		{Name: "thousandfold directory", Entries: many(Mode(Dir("d"), 0o711), 900)},
		{Name: "thousandfold link", Escapes: true, Entries: append(many(Link("l", w.abs), 900), File("l/new"))},
	}
}

func many(h tar.Header, n int) (out list) {
	for range n {
		out = append(out, h)
	}
	return out
}

// stacks are harmless each, but not one upon the other.
func stacks(w where) []Archive {
	return []Archive{
		{Name: "file through a link of the layer below (CVE-2025-45582)", Escapes: true, Below: list{Link("l", w.abs)}, Entries: list{File("l/new")}},
		{Name: "directory over a link of the layer below", Escapes: true, Below: list{Link("l", w.abs)}, Entries: list{Mode(Dir("l"), 0o777), File("l/new")}},
		{Name: "file over a link of the layer below", Escapes: true, Below: list{Link("l", w.abs+"/keep")}, Entries: list{File("l")}},
		{Name: "hard link below a link of the layer below", Escapes: true, Below: list{Link("l", w.abs)}, Entries: list{File("f"), Hard("l/new", "f")}},
		{Name: "whiteout through a link of the layer below", Layer: true, Escapes: true, Below: list{Link("l", w.abs)}, Entries: list{Whiteout("l/.wh.keep")}},
		{Name: "opaque link of the layer below", Layer: true, Escapes: true, Below: list{Link("l", w.abs)}, Entries: list{Whiteout("l/.wh..wh..opq")}},
		{Name: "opaque directory with a link of the layer below", Escapes: true, Layer: true, Below: list{Dir("d"), Link("d/l", w.abs)}, Entries: list{Whiteout("d/.wh..wh..opq")}},
		{Name: "whiteout of a directory with links", Escapes: true, Layer: true, Below: list{Dir("d"), Link("d/l", w.abs), Link("d/k", w.up)}, Entries: list{Whiteout(".wh.d")}},
		{Name: "mode of a directory below a link of the layer below", Escapes: true, Below: list{Link("l", w.up)}, Entries: list{Mode(Dir("l/sub"), 0)}},
	}
}
