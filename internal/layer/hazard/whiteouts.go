package hazard

import "archive/tar"

// whiteouts delete what they should not, or have names that are none.
func whiteouts(w where) []Archive {
	out := []Archive{
		{Name: "whiteout of nothing", Refused: true, Escapes: true, Entries: list{Whiteout(".wh.")}},
		{Name: "whiteout of nothing in a directory", Refused: true, Entries: list{Dir("d"), Whiteout("d/.wh.")}},
		{Name: "whiteout of dot", Refused: true, Entries: list{Whiteout(".wh..")}},
		{Name: "whiteout of dotdot", Refused: true, Escapes: true, Entries: list{Whiteout(".wh...")}},
		{Name: "whiteout of dotdot in a directory", Refused: true, Escapes: true, Entries: list{Dir("a"), Whiteout("a/.wh...")}},
		{Name: "whiteout of dotdot through a link", Refused: true, Escapes: true, Entries: list{Link("l", w.abs+"/sub"), Whiteout("l/.wh...")}},
		{Name: "whiteout with a slash", Refused: true, Entries: list{File(".wh.d/new")}},
		{Name: "whiteout with a slash and dotdot", Refused: true, Escapes: true, Entries: list{Whiteout(".wh.x/../" + w.up + "/.wh.keep")}},
		{Name: "whiteout by dotdot", Refused: true, Escapes: true, Entries: list{Whiteout(w.up + "/.wh.keep")}},
		{Name: "opaque by dotdot", Refused: true, Escapes: true, Entries: list{Whiteout(w.up + "/.wh..wh..opq")}},
		{Name: "whiteout below a directory that is one", Refused: true, Entries: list{Dir(".wh.d"), Whiteout(".wh.d/.wh.x")}},
		{Name: "whiteout through a link", Escapes: true, Entries: list{Link("l", w.abs), Whiteout("l/.wh.keep")}},
		{Name: "whiteout through a relative link", Escapes: true, Entries: list{Link("l", w.up), Whiteout("l/.wh.sub")}},
		{Name: "opaque through a link", Escapes: true, Entries: list{Link("l", w.abs), Whiteout("l/.wh..wh..opq")}},
		{Name: "opaque between a directory and a link", Escapes: true, Entries: list{Dir("d"), Whiteout("d/.wh..wh..opq"), Link("d", w.abs), Whiteout("d/.wh..wh..opq"), File("d/new")}},
		{Name: "whiteout of a link's parent", Escapes: true, Entries: list{Dir("p"), Link("p/l", w.abs), Whiteout(".wh.p"), Mode(Dir("p"), 0o777), File("p/l")}},
		{Name: "whiteout of a link, then through it", Escapes: true, Entries: list{Link("l", w.abs), Whiteout(".wh.l"), File("l/new")}},
		{Name: "whiteout, then through it", Entries: list{Whiteout(".wh.l"), File("l/new")}},
		{Name: "whiteout as a link", Entries: list{Link(".wh.l", w.abs), Link(".wh..wh..opq", w.abs)}},
		{Name: "whiteout as a device", Entries: list{Special(tar.TypeChar, ".wh.d"), Special(tar.TypeFifo, ".wh.p")}},
		{Name: "whiteout as a hard link out", Entries: list{Hard(".wh.h", w.up+"/keep")}},
		{Name: "hard link to a whiteout", Refused: true, Entries: list{Whiteout(".wh.x"), Hard("h", "x")}},
		{Name: "hard link to a whiteout's name", Refused: true, Entries: list{Whiteout(".wh.x"), Hard("h", ".wh.x")}},
		{Name: "hard link to aufs's own", Refused: true, Entries: list{File(".wh..wh.plnk/1"), Hard("h", ".wh..wh.plnk/1")}},
		{Name: "file below an opaque mark", Entries: list{File(".wh..wh..opq/new")}},
		{Name: "whiteout of a whiteout", Entries: list{Whiteout(".wh.x"), Whiteout(".wh..wh.x"), Whiteout(".wh..wh..wh.x")}},
		{Name: "device 0:0, a whiteout that is none", Entries: list{{Name: "w", Typeflag: tar.TypeChar}, File("v")}},
	}
	for i := range out {
		out[i].Layer = true
	}
	return out
}
