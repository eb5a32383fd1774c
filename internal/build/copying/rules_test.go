package copying

import (
	"os"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

const (
	// rulesContext is what the cases copy from.
	rulesContext = `a.txt=A, b.txt=B, 755 run.sh=R, 600 secret=S, dir/x=X, dir/sub/y=Y, 700 dir/closed/, dir/closed/z=Z, dir/l -> x,
		link -> a.txt, ldir -> dir, empty/, d2/x=2, d2/sub/n=N, d2/q=Q, 4755 suid=U`
	// rulesRoot is where they copy to.
	rulesRoot = `etc/passwd=root:x:0:0::/root:/bin/sh
app:x:1000:1001::/home/app:/bin/sh
, etc/group=root:x:0:
www:x:33:
, app/old=old, file=F, lnk -> app, flnk -> file, deep -> /app/deep, esc -> ../../../out, abs -> /else/dir, loop -> loop, 700 app/sub/, app/sub/y=old, app/q/in=I, app/slnk -> sub, 1:2 app/mine=M`
)

// rule is COPY or ADD with its flags as in a Dockerfile.
type rule struct {
	name, copy string
	want       string // what has come into the root or is not as before, or an error
}

var rules = []rule{
	{"a file to a new name", "a.txt /new", "new=A"},
	{"to a directory that is named so", "a.txt /new/", "new/, new/a.txt=A"},
	{"to one that is there", "a.txt /app", "app/a.txt=A"},
	{"to the root", "a.txt /", "a.txt=A"},
	{"parents are made", "a.txt /x/y/z", "x/, x/y/, x/y/z=A"},
	{"over a file", "a.txt /file", "file=A"},
	{"over a file in a directory", "d2/x /app/old", "app/old=2"},
	{"into what is a file", "a.txt /file/", "!cannot copy to non-directory: /file"},
	{"below what is a file", "a.txt /file/x", "!not a directory"},
	{"over a directory", "d2/q /app", "!cannot replace to directory /app/q with file"},
	{"mode stays", "run.sh secret /x/", "x/, 755 x/run.sh=R, 600 x/secret=S"},
	{"setuid stays", "suid /x/", "x/, 4755 x/suid=U"},
	{"two files", "a.txt b.txt /x/", "x/, x/a.txt=A, x/b.txt=B"},
	{"two files into a directory that is there", "a.txt b.txt /app", "app/a.txt=A, app/b.txt=B"},
	{"two files to a name", "?.txt /x", "!destination /x: when more than one file is copied, it must be a directory and end with a /"},
	{"a pattern with one match to a name", "a* /x", "x=A"},
	{"a pattern without a match makes nothing", "nope* /x/", ""},
	{"without a match to a name", "nope* /y/x", ""},
	{"one of two patterns", "nope* a* /x/", "x/, x/a.txt=A"},
	{"missing", "nope /x", `!"/nope": not found`},
	{"the last one wins", "a.txt d2/x dir/x /x/", "x/, x/a.txt=A, x/x=X"},

	{"a directory is its content", "dir /x", "x/, 700 x/closed/, x/closed/z=Z, x/l -> x, x/sub/, x/sub/y=Y, x/x=X"},
	{"with a slash too", "dir/ /x/", "x/, 700 x/closed/, x/closed/z=Z, x/l -> x, x/sub/, x/sub/y=Y, x/x=X"},
	{"an empty one", "empty /x/y", "x/, x/y/"},
	{"into one that is there", "d2/sub /app", "app/n=N"},
	{"it is merged, and modes are taken over", "dir/sub /app/sub", "app/sub/y=Y"},
	{"modes of directories below", "dir /app/", "700 app/closed/, app/closed/z=Z, app/l -> x, app/sub/, app/sub/y=Y, app/x=X"},
	{"a directory over a file", "dir /file", "!cannot copy to non-directory: /file"},
	{"below over a file", "d2 /etc", "etc/q=Q, etc/sub/, etc/sub/n=N, etc/x=2"},
	{"a file below over a directory", "d2 /app", "!cannot replace to directory /app/q with file"},
	{"two directories are merged", "dir/sub d2/sub /x/", "x/, x/n=N, x/y=Y"},
	{"everything", "--exclude=** . /x", "x/"},

	{"a link as the source is followed", "link /x/", "x/, x/link=A"},
	{"one to a directory", "ldir/sub /x", "x/, x/y=Y"},
	{"links below stay links", "--exclude=closed --exclude=sub ldir /x", "x/, x/l -> x, x/x=X"},
	{"the destination is a link to a directory", "a.txt /lnk/", "app/a.txt=A"},
	{"without a slash", "a.txt /lnk", "app/a.txt=A"},
	{"a link to a file is written through", "a.txt /flnk", "file=A"},
	{"a link on the way", "a.txt /lnk/new/x", "app/new/, app/new/x=A"},
	{"a link to nothing", "a.txt /deep/x", "app/deep/, app/deep/x=A"},
	{"a file to a link to nothing", "a.txt /deep", "app/deep=A"},
	{"links out stay inside", "a.txt /esc/x", "out/, out/x=A"},
	{"absolute ones start at the root", "a.txt /abs/", "else/, else/dir/, else/dir/a.txt=A"},
	{"a loop", "a.txt /loop/", "!too many levels of symbolic links"},
	{"a directory over a link to one", "--parents dir/sub/y /slash/", "slash/, slash/dir/, slash/dir/sub/, slash/dir/sub/y=Y"},
	{"dots in the destination", "a.txt /app/../x/./y", "x/, x/y=A"},
	{"not above the root", "a.txt /../../x", "x=A"},

	{"owner by number", "--chown=5:6 a.txt /x/", "5:6 x/, 5:6 x/a.txt=A"},
	{"a number is the group's too", "--chown=7 a.txt /x", "7:7 x=A"},
	{"owner by name", "--chown=app a.txt /x", "1000:1001 x=A"},
	{"and group", "--chown=app:www dir/sub /x", "1000:33 x/, 1000:33 x/y=Y"},
	{"group only", "--chown=:www a.txt /x", "0:33 x=A"},
	{"mixed", "--chown=app:9 a.txt /x", "1000:9 x=A"},
	{"links have owners", "--chown=5:6 --exclude=sub --exclude=closed --exclude=x dir /x", "5:6 x/, 5:6 x/l -> x"},
	{"what is there keeps its own", "--chown=5:6 a.txt /app/", "5:6 app/a.txt=A"},
	{"but what is copied over", "--chown=5:6 a.txt /app/mine", "5:6 app/mine=A"},
	{"an unknown user", "--chown=nobody9 a.txt /x", `!--chown=nobody9: user "nobody9": unknown user`},
	{"an unknown group", "--chown=app:nope a.txt /x", "!unknown group"},
	{"default owner is root", "a.txt /app/mine", "app/mine=A"},

	{"mode", "--chmod=600 a.txt /x", "600 x=A"},
	{"of all that is made", "--chmod=750 dir/sub /x/y", "750 x/, 750 x/y/, 750 x/y/y=Y"},
	{"of directories below, not of links", "--chmod=701 --exclude=sub dir /x", "701 x/, 701 x/closed/, 701 x/closed/z=Z, x/l -> x, 701 x/x=X"},
	{"what is there keeps its own mode", "--chmod=600 a.txt /app", "600 app/a.txt=A"},
	{"special bits", "--chmod=4711 a.txt /x", "4711 x=A"},
	{"symbolic", "--chmod=u+x a.txt /x", "744 x=A"},
	{"more of it", "--chmod=u=rwX,go=rX dir /x", "x/, x/closed/, x/closed/z=Z, x/l -> x, x/sub/, x/sub/y=Y, x/x=X"},
	{"copied bits", "--chmod=g=u,o-r a.txt /x", "660 x=A"},
	{"all", "--chmod=+x a.txt /x", "755 x=A"},
	{"a bad mode", "--chmod=99 a.txt /x", "!invalid chmod parameter: '99'. it should be octal string and between 0 and 07777"},
	{"another", "--chmod=u?x a.txt /x", `!invalid chmod parameter: 'u?x': "?" is no operator`},
	{"owner and mode", "--chown=5:6 --chmod=640 a.txt /x", "5:6 640 x=A"},

	{"exclude", "--exclude=sub --exclude=closed dir /x", "x/, x/l -> x, x/x=X"},
	{"exclude and patterns", "--exclude=b* ?.txt /x/", "x/, x/a.txt=A"},
	{"parents", "--parents dir/sub/y a.txt /x/", "x/, x/a.txt=A, x/dir/, x/dir/sub/, x/dir/sub/y=Y"},
	{"parents keep their modes", "--parents dir/closed/z /x/", "x/, x/dir/, 700 x/dir/closed/, x/dir/closed/z=Z"},
	{"from a pivot", "--parents dir/./sub/y /x/", "x/, x/sub/, x/sub/y=Y"},
	{"with two stars", "--parents **/x /x/", "x/, x/d2/, x/d2/x=2, x/dir/, x/dir/x=X"},

	{"a here-document", "<<f=text /x", "x=text"},
	{"into a directory", "<<f=text /x/", "x/, x/f=text"},
	{"two", "<<f=1 <<g=2 /x/", "x/, x/f=1, x/g=2"},
	{"with a file", "a.txt <<f=1 /x/", "x/, x/a.txt=A, x/f=1"},
	{"with owner and mode", "--chown=5:6 --chmod=755 <<f=1 /x", "5:6 755 x=1"},
	{"over a file that is there", "<<f=1 /file", "file=1"},
	{"over a directory that is there", "<<q=1 /app", "!cannot replace to directory /app/q with file"},

	{"add is copy for what is no archive", "ADD a.txt /x", "x=A"},
	{"an archive is unpacked", "ADD t.tar /x", "x/, 5:6 750 x/d/, 5:6 640 x/d/f=in d, 5:6 x/l -> d/f"},
	{"compressed", "ADD t.tar.gz /x/", "x/, 5:6 750 x/d/, 5:6 640 x/d/f=in d, 5:6 x/l -> d/f"},
	{"by content, not by name", "ADD t.dat /x/", "x/, 5:6 750 x/d/, 5:6 640 x/d/f=in d, 5:6 x/l -> d/f"},
	{"copy never does", "t.tar.short /x/", "x/, x/t.tar.short=\x1f\x8b\x08"},
	{"what only looks like one", "ADD t.tar.short /x/", "x/, x/t.tar.short=\x1f\x8b\x08"},
	{"a name that means nothing", "ADD fake.tar /x/", "x/, x/fake.tar=not a tar"},
	{"with an owner", "ADD --chown=7:8 t.tar /x", "7:8 x/, 7:8 750 x/d/, 7:8 640 x/d/f=in d, 7:8 x/l -> d/f"},
	{"an archive that stays one", "ADD --unpack=false t.tar.short fake.tar /x/", "x/, x/fake.tar=not a tar, x/t.tar.short=\x1f\x8b\x08"},
	{"asked for", "ADD --unpack=true t.tar /x", "x/, 5:6 750 x/d/, 5:6 640 x/d/f=in d, 5:6 x/l -> d/f"},
	{"over what is there", "ADD t.tar /app/", "5:6 750 app/d/, 5:6 640 app/d/f=in d, 5:6 app/l -> d/f"},
	{"into a link", "ADD t.tar /lnk", "5:6 750 app/d/, 5:6 640 app/d/f=in d, 5:6 app/l -> d/f"},
	{"to a file", "ADD t.tar /file", "!cannot unpack to /file: "},
}

// flags makes a Copy of a line.
func flags(line string) (*build.Copy, error) {
	c := &build.Copy{}
	f := strings.Fields(line)
	if f[0] == "ADD" {
		c.Add, f = true, f[1:]
	}
	for _, a := range f[:len(f)-1] {
		name, value, _ := strings.Cut(a, "=")
		switch {
		case name == "--chown":
			c.Chown = value
		case name == "--chmod":
			c.Chmod = value
		case name == "--exclude":
			c.Exclude = append(c.Exclude, value)
		case name == "--unpack":
			yes := value == "true"
			c.Unpack = &yes
		case name == "--parents":
			c.Parents = true
		case strings.HasPrefix(a, "<<"):
			c.Files = append(c.Files, build.File{Name: name[2:], Data: value})
		default:
			c.Paths = append(c.Paths, a)
		}
	}
	c.Dest = f[len(f)-1]
	return c, nil
}

// difference is what of after is not in before.
func difference(before, after string) string {
	had := map[string]bool{}
	for l := range strings.SplitSeq(before, ", ") {
		had[l] = true
	}
	var out []string
	for l := range strings.SplitSeq(after, ", ") {
		if !had[l] {
			out = append(out, l)
		}
	}
	return strings.Join(out, ", ")
}

// TestRules needs to give files away.
func TestRules(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("files are given to other users: run it as root")
	}
	src := plant(t, rulesContext)
	tarball := archive(t, "d/", "d/f=in d", "l -> d/f")
	for name, b := range map[string][]byte{"t.tar": tarball, "t.tar.gz": gzipped(t, tarball), "t.dat": gzipped(t, tarball), "t.tar.short": {0x1f, 0x8b, 8}, "fake.tar": []byte("not a tar")} {
		if err := os.WriteFile(src.Name()+"/"+name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			root := plant(t, rulesRoot)
			before := show(t, root.Name())
			c, err := flags(r.copy)
			if err != nil {
				t.Fatal(err)
			}
			j, err := job(t, src, c)
			var res Result
			if err == nil {
				res, err = Copy(t.Context(), j, Options{Root: root, Unpack: direct})
			}
			if bad, ok := strings.CutPrefix(r.want, "!"); ok {
				if err == nil || !strings.Contains(err.Error(), bad) {
					t.Errorf("%v, want %s", err, bad)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := difference(before, show(t, root.Name())); got != r.want {
				t.Errorf("COPY %s\n got %s\nwant %s", r.copy, got, r.want)
			}
			if len(res.Changed) > 0 {
				t.Errorf("said to have changed: %v", res.Changed)
			}
		})
	}
}
