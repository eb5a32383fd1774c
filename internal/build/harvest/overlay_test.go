package harvest

import (
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

const base = `
mkdir -p etc/conf.d etc/full empty deep/a/b usr/bin
echo root:x:0:0::/root:/bin/sh >etc/passwd
echo one >etc/full/one; echo two >etc/full/two
echo bin >usr/bin/tool; chmod 4755 usr/bin/tool
ln -s passwd etc/link; mkfifo deep/fifo
echo deep >deep/a/b/file; ln deep/a/b/file deep/a/b/other
`

// change is what a program does, and the layer that comes of it.
type change struct {
	name, run string
	want      []string
}

var changes = []change{
	{"nothing", "true", nil},
	{"read only", "cat etc/passwd usr/bin/tool >/dev/null; ls -R . >/dev/null", nil},
	{"a new file", "echo x >etc/new", []string{"50755 etc/", "00644 etc/new"}},
	{"below new directories", "mkdir -p new/a/b; echo x >new/a/b/c", []string{"50755 new/", "50755 new/a/", "50755 new/a/b/", "00644 new/a/b/c"}},
	{"changed", "echo more >>etc/passwd", []string{"50755 etc/", "00644 etc/passwd"}},
	{"mode", "chmod 600 etc/passwd", []string{"50755 etc/", "00600 etc/passwd"}},
	{"a directory's mode", "chmod 700 etc/conf.d", []string{"50755 etc/", "50700 etc/conf.d/"}},
	{"time", "touch -d 2021-01-01 etc/passwd", []string{"50755 etc/", "00644 etc/passwd"}},
	{"chmod to what it was", "chmod 644 etc/passwd; chmod 755 etc/conf.d", nil},
	{"opened for writing only", "true >>etc/passwd; touch -d 2020-01-01T00:00:00Z etc/passwd", nil},
	{"other content with the old time", "printf 'Root:x:0:0::/root:/bin/sh\\n' >etc/passwd; touch -d 2020-01-01T00:00:00Z etc/passwd", []string{"50755 etc/", "00644 etc/passwd"}},
	{"written anew, the same", "cp -p etc/passwd x; rm etc/passwd; mv x etc/passwd; touch -d 2020-01-01T00:00:00.5Z etc/passwd", nil},
	{"made and deleted again", "echo x >etc/tmp; rm etc/tmp; mkdir etc/d; rmdir etc/d", nil},
	{"deleted", "rm etc/passwd", []string{"50755 etc/", "00000 etc/.wh.passwd"}},
	{"a directory deleted", "rm -r etc/full", []string{"50755 etc/", "00000 etc/.wh.full"}},
	{"at the top", "rm -r empty deep", []string{"00000 .wh.deep", "00000 .wh.empty"}},
	{"emptied", "rm etc/full/*", []string{"50755 etc/", "50755 etc/full/", "00000 etc/full/.wh.one", "00000 etc/full/.wh.two"}},
	{"replaced directory", "rm -r etc/full; mkdir etc/full; echo 3 >etc/full/three", []string{"50755 etc/", "50755 etc/full/", "00000 etc/full/.wh..wh..opq", "00644 etc/full/three"}},
	{"an empty one hides nothing", "rmdir empty; mkdir empty; echo 1 >empty/1", []string{"50755 empty/", "00644 empty/1"}},
	{"file to directory", "rm etc/passwd; mkdir etc/passwd; echo 1 >etc/passwd/1", []string{"50755 etc/", "50755 etc/passwd/", "00644 etc/passwd/1"}},
	{"directory to file", "rm -r etc/full; echo 1 >etc/full", []string{"50755 etc/", "00644 etc/full"}},
	{"directory to link", "rm -r etc/full; ln -s /x etc/full", []string{"50755 etc/", "20777 etc/full -> /x"}},
	{"renamed", "mv etc/passwd etc/PASSWD", []string{"50755 etc/", "00000 etc/.wh.passwd", "00644 etc/PASSWD"}},
	{"a directory renamed", "mv etc/full etc/FULL", []string{"50755 etc/", "00000 etc/.wh.full", "50755 etc/FULL/", "00644 etc/FULL/one", "00644 etc/FULL/two"}},
	{"a link changed", "ln -sf group etc/link", []string{"50755 etc/", "20777 etc/link -> group"}},
	{"links", "ln -s /nowhere l; ln -s ../.. etc/up", []string{"50755 etc/", "20777 etc/up -> ../..", "20777 l -> /nowhere"}},
	{"hard links", "echo x >etc/a; ln etc/a etc/b; ln etc/a usr/c", []string{"50755 etc/", "00644 etc/a", "10644 etc/b -> etc/a", "50755 usr/", "10644 usr/c -> etc/a"}},
	{"of symbolic links", "ln -s x etc/s1; ln -P etc/s1 etc/s2", []string{"50755 etc/", "20777 etc/s1 -> x", "10777 etc/s2 -> etc/s1"}},
	{"fifo", "mkfifo -m 600 etc/f", []string{"50755 etc/", "60600 etc/f"}},
	{"setuid", "cp -p usr/bin/tool usr/bin/t2; chmod 6755 usr/bin/t2", []string{"50755 usr/", "50755 usr/bin/", "06755 usr/bin/t2"}},
	{"sticky", "mkdir -m 1777 tmp", []string{"51777 tmp/"}},
	{"closed to its owner", "mkdir s; echo x >s/f; chmod 0 s/f s", []string{"50000 s/", "00000 s/f"}},
	{"names of whiteouts", "echo x >.wh.etc; mkdir etc/.wh..wh..opq; echo y >etc/y", []string{"50755 etc/", "00644 etc/y"}},
	{"strange names", `printf x >"$(printf 'a\nb')"; printf x >"$(printf '\377')"; echo >'sp ace'; echo >-rf`, []string{"00644 -rf", "00644 a\nb", "00644 sp ace", "00644 \377 path=\"\\xff\""}},
	{"a dot more", "echo x >.hidden; echo y >..two", []string{"00644 ..two", "00644 .hidden"}},
	{"holes", "truncate -s 3M hole; printf x | dd of=hole bs=1 seek=1000000 conv=notrunc 2>/dev/null", []string{"00644 hole"}},
}

// TestChanges is what programs do above layers, and the layer that comes of it.
func TestChanges(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, base)
			s.run(c.run)
			before := merged(t, s)
			m := harvested(t, s.upper, Options{Below: open(t, s.lower)})
			same(t, lines(t, m.tar), c.want...)
			if m.Empty != (len(c.want) == 0) {
				t.Errorf("empty: %v", m.Empty)
			}
			m.roundTrip(t, s.upper)
			if after := merged(t, s); after != before {
				t.Errorf("above the layers below it shows\n%s\nand before\n%s", after, before)
			}
			again := harvested(t, s.upper, Options{Below: open(t, s.lower)})
			if again.DiffID != m.DiffID {
				t.Error("a second time it is another layer")
			}
		})
	}
}

// TestEpoch: no entry is younger, and older ones stay.
func TestEpoch(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	epoch := time.Unix(1_600_000_000, 5)
	var ids []string
	for range 2 {
		s := newStage(t, base)
		s.run("echo x >new; mkdir d; echo y >d/old; touch -d 2001-01-01T00:00:00.7Z d/old; ln -s x d/l; rm etc/passwd")
		m := harvested(t, s.upper, Options{Below: open(t, s.lower), Epoch: &epoch})
		m.roundTrip(t, s.upper)
		for _, h := range headers(t, m.tar) {
			want := int64(1_600_000_000)
			switch h.Name {
			case "d/old":
				want = 978307200
			case "etc/.wh.passwd":
				want = 0
			}
			if h.ModTime.Unix() != want || h.ModTime.Nanosecond() != 0 {
				t.Errorf("%s: %v", h.Name, h.ModTime)
			}
		}
		ids = append(ids, m.DiffID)
		time.Sleep(5 * time.Millisecond) // another time for what is made
	}
	if ids[0] != ids[1] {
		t.Errorf("the same done twice: %v", ids)
	}
}

// TestAttributes: those of programs stay, those that steer overlays never do.
func TestAttributes(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	testns.RequireProgram(t, "setfattr", "attr")
	s := newStage(t, base)
	s.run(`
echo x >f; setfattr -n user.mine -v 1 f; setfattr -n user.fuseoverlayfs.opaque -v y f
mkdir d; setfattr -n user.dir -v 2 d; setfattr -n user.mine -v 3 etc
setfattr -n user.overlay.opaque -v y d || true
setfattr -n user.overlay.redirect -v /etc d || true
setfattr -n user.overlay.whiteout -v y f || true
setfattr -n user.overlay.metacopy f || true
echo z >d/z`)
	// What no kernel lets a program do above an overlay.
	script(t, s.upper, `
setfattr -n user.overlay.redirect -v /etc d
setfattr -n user.overlay.opaque -v y d
setfattr -n user.overlay.metacopy f
setfattr -n user.overlay.origin -v forged f`)
	m := harvested(t, s.upper, Options{Below: open(t, s.lower)})
	same(t, lines(t, m.tar), `50755 d/ user.dir="2"`, "00644 d/z", `50755 etc/ user.mine="3"`, `00644 f user.mine="1"`)
	m.roundTrip(t, s.upper)
}

// TestDeep: a tree that is deeper than any archive can say is an error, and not the end
// of all descriptors.
func TestDeep(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	s := newStage(t, base)
	s.run(`d=$(printf 'x%.0s' $(seq 200)); i=0; p=.; while [ $i -lt 15 ]; do p=$p/$d; i=$((i+1)); done
mkdir -p a/$p b/$p; mv b a/$p/`)
	_, err := Layer(t.Context(), open(t, s.upper), Options{Below: open(t, s.lower)})
	if err == nil || !strings.Contains(err.Error(), "no archive can have more than 4095") || len(err.Error()) > 600 {
		t.Error(err)
	}
}
