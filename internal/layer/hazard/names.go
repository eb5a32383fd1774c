package hazard

import "strings"

// names lead out by themselves.
func names(w where) []Archive {
	deep := strings.Repeat("d/", 300)
	return []Archive{
		{Name: "dotdot file (CVE-2007-4559, CVE-2001-1267)", Refused: true, Escapes: true, Entries: list{File(w.up + "/new")}},
		{Name: "dotdot over a file", Refused: true, Escapes: true, Entries: list{File(w.up + "/keep")}},
		{Name: "dotdot in the middle", Refused: true, Escapes: true, Entries: list{Dir("a"), File("a/../" + w.up + "/new")}},
		{Name: "dotdot after a name that does not exist", Refused: true, Escapes: true, Entries: list{File("nothing/../" + w.up + "/new")}},
		{Name: "dotdot directory, its mode", Refused: true, Escapes: true, Entries: list{Mode(Dir(w.up), 0o777)}},
		{Name: "dotdot alone", Refused: true, Escapes: true, Entries: list{Mode(Dir(".."), 0o777)}},
		{Name: "dotdot last", Refused: true, Escapes: true, Entries: list{Dir("a"), Mode(Dir("a/../.."), 0)}},
		{Name: "dotdot link", Refused: true, Escapes: true, Entries: list{Link(w.up+"/new", "x")}},
		{Name: "dotdot fifo", Refused: true, Escapes: true, Entries: list{Special('6', w.up+"/new")}},
		{Name: "dotdot hard link", Refused: true, Escapes: true, Entries: list{File("f"), Hard(w.up+"/new", "f")}},
		{Name: "dotdot replaces a directory", Refused: true, Escapes: true, Entries: list{File(w.up + "/sub")}},
		{Name: "dotdot after a prefix that is cut off (CVE-2016-6321)", Refused: true, Escapes: true, Entries: list{File("etc/motd/../../" + w.up + "/keep")}},
		{Name: "absolute with dotdot", Refused: true, Escapes: true, Entries: list{File("/" + w.up + "/new")}},
		{Name: "absolute name", Entries: list{File(w.abs + "/new")}},
		{Name: "many slashes (CVE-2021-32804)", Entries: list{File("//" + w.abs + "//new")}},
		{Name: "dots that are no way up", Entries: list{File("..."), Dir("a/.../..b"), File("a/b../..c")}},
		{Name: "the root as a file", Refused: true, Escapes: true, Entries: list{File(".")}},
		{Name: "the root as a link (CVE-2021-29136)", Refused: true, Escapes: true, Entries: list{Link("./", w.abs), File("new")}},
		{Name: "the root as a hard link", Refused: true, Escapes: true, Entries: list{File("f"), Hard("./.", "f")}},
		{Name: "no name at all", Refused: true, Escapes: true, Entries: list{File("")}},
		{Name: "the root's mode twice", Entries: list{Mode(Dir("."), 0o755), Mode(Dir("./."), 0o700)}},
		{Name: "file as a parent", Refused: true, Entries: list{File("f"), File("f/new")}},
		{Name: "deep", Entries: list{File(deep + "f")}},
		{Name: "deep and a link at the bottom", Escapes: true, Entries: list{Link(deep+"l", w.abs), File(deep + "f")}},
		{Name: "too deep (CVE-2024-28863)", Refused: true, Entries: list{File(strings.Repeat("d/", 2100) + "f")}},
		{Name: "long component", Refused: true, Entries: list{File(strings.Repeat("n", 300))}},
		{Name: "newline and escape codes", Entries: list{File("a\nb\x1b[2J")}},
		{Name: "no UTF-8", Escapes: true, Entries: list{File("\xff\xfe"), Link("\xc0\xae\xc0\xae", w.abs), File("\xc0\xae\xc0\xae/new")}},
		{Name: "backslashes (CVE-2021-37701)", Entries: list{File(`..\..\..\canary\new`), Link(`a\b`, "x"), File(`a/b`)}},
		{Name: "upper and lower case", Escapes: true, Entries: list{Link("LINK", w.abs), Dir("link"), File("link/new")}},
		{Name: "two forms of one letter (CVE-2021-37712)", Escapes: true, Entries: list{Dir("caf\u00e9"), Link("cafe\u0301", w.abs), File("caf\u00e9/new")}},
	}
}
