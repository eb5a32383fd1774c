package userspec

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// files are passwd and group as texts.
type files struct{ passwd, group string }

func (f files) Passwd() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(f.passwd)), nil }
func (f files) Group() (io.ReadCloser, error)  { return io.NopCloser(strings.NewReader(f.group)), nil }

const passwd = `root:x:0:0:root:/root:/bin/sh
# a comment
app:x:999:998::/srv/app:/bin/sh
app:x:1:1::/other:/bin/sh
1234:x:77:78::/odd:/bin/sh
0x0:x:0:0::/hex:/bin/sh
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
_apt:x:42:65534::/nonexistent:/usr/sbin/nologin
machine$:x:1500:1500::/dev/null:/bin/false
svc@corp.example:x:2000:2000::/home/svc:/bin/sh
relative:x:2001:2001::home:/bin/sh
nohome:x:2002:2002:::/bin/sh
broken
nouid:x::5::/x:/bin/sh
textuid:x:zero:5::/x:/bin/sh
negative:x:-1:0::/x:/bin/sh
huge:x:4294967295:0::/x:/bin/sh
nogid:x:600:
octal:x:010:010::/x:/bin/sh
spaced : x:700:700::/x:/bin/sh
+nis::::::
Üser:x:701:701::/x:/bin/sh
top:x:4294967294:4294967294::/top:/bin/sh
`

const group = `root:x:0:
bin:x:1:root,app
staff:x:50:app,root
staff2:x:51: app
video:x:44:
44:x:9:
broken
textgid:x:none:app
neg:x:-5:app
docker:x:4294967295:app
www-data:x:33:
staffagain:x:50:app
`

// want is nil for what must be refused.
type want struct {
	uid, gid uint32
	groups   []uint32
	home     string
}

var table = []struct {
	text string
	want *want
	says string // of the error
}{
	{"", &want{home: "/root", groups: []uint32{1, 50}}, ""},
	{"0", &want{home: "/root", groups: []uint32{1, 50}}, ""},
	{"root", &want{home: "/root", groups: []uint32{1, 50}}, ""},
	{"0:0", &want{home: "/root"}, ""},
	{"root:root", &want{home: "/root"}, ""},
	{"root:staff", &want{gid: 50, home: "/root"}, ""},
	{"app", &want{999, 998, []uint32{1, 50}, "/srv/app"}, ""},
	{"999", &want{999, 998, []uint32{1, 50}, "/srv/app"}, ""},
	{"app:video", &want{uid: 999, gid: 44, home: "/srv/app"}, ""},
	{"app:44", &want{uid: 999, gid: 44, home: "/srv/app"}, ""},
	{"app:12345", &want{uid: 999, gid: 12345, home: "/srv/app"}, ""},
	{"999:video", &want{uid: 999, gid: 44, home: "/srv/app"}, ""},
	{"999:0", &want{uid: 999, home: "/srv/app"}, ""},
	{"4000", &want{uid: 4000, home: "/"}, ""},
	{"4000:4001", &want{uid: 4000, gid: 4001, home: "/"}, ""},
	{"4000:video", &want{uid: 4000, gid: 44, home: "/"}, ""},
	{"1234", &want{uid: 1234, home: "/"}, ""}, // a number, whatever names there are
	{"77", &want{uid: 77, gid: 78, home: "/odd"}, ""},
	{"www-data", &want{uid: 33, gid: 33, home: "/var/www"}, ""},
	{"www-data:www-data", &want{uid: 33, gid: 33, home: "/var/www"}, ""},
	{"_apt", &want{uid: 42, gid: 65534, home: "/nonexistent"}, ""},
	{"machine$", &want{uid: 1500, gid: 1500, home: "/dev/null"}, ""},
	{"svc@corp.example", &want{uid: 2000, gid: 2000, home: "/home/svc"}, ""},
	{"relative", &want{uid: 2001, gid: 2001, home: "/"}, ""},
	{"nohome", &want{uid: 2002, gid: 2002, home: "/"}, ""},
	{"top", &want{uid: 4294967294, gid: 4294967294, home: "/top"}, ""},
	{"4294967294", &want{uid: 4294967294, gid: 4294967294, home: "/top"}, ""},
	{"65534:65534", &want{uid: 65534, gid: 65534, home: "/"}, ""},
	{"1", &want{1, 1, []uint32{1, 50}, "/other"}, ""}, // the second line of that name has this id

	{":", nil, "the user is empty"},
	{":0", nil, "the user is empty"},
	{":video", nil, "the user is empty"},
	{"0:", nil, "the group is empty"},
	{"1000:", nil, "the group is empty"},
	{"app:", nil, "the group is empty"},
	{"::", nil, "more than one colon"},
	{"a:b:c", nil, "more than one colon"},
	{"0:0:0", nil, "more than one colon"},
	{"app:video:", nil, "more than one colon"},
	{"-1", nil, "sign"},
	{"-0", nil, "sign"},
	{"+1", nil, "sign"},
	{"+0", nil, "sign"},
	{"1000:-1", nil, "sign"},
	{"-root", nil, "sign"},
	{"0x0", nil, "neither"},
	{"0X10", nil, "neither"},
	{"0b1", nil, "neither"},
	{"0o0", nil, "neither"},
	{"1e3", nil, "neither"},
	{"1_000", nil, "neither"},
	{"1.0", nil, "neither"},
	{"1,0", nil, "neither"},
	{"0 ", nil, "neither"},
	{"1000 ", nil, "neither"},
	{"0\n", nil, "neither"},
	{"0\x00", nil, "neither"},
	{"1000\x000", nil, "neither"},
	{"1000abc", nil, "neither"},
	{"00", nil, "octal"},
	{"010", nil, "octal"},
	{"0000000000000000000000000000000000000000001", nil, "octal"},
	{"4294967295", nil, "larger"},
	{"4294967296", nil, "larger"},
	{"4294967297", nil, "larger"},
	{"18446744073709551615", nil, "larger"},
	{"18446744073709551616", nil, "larger"},
	{"340282366920938463463374607431768211456", nil, "larger"},
	{strings.Repeat("9", 5000), nil, "larger"},
	{"0:4294967295", nil, "larger"},
	{" ", nil, "not a name"},
	{" 0", nil, "not a name"},
	{" root", nil, "not a name"},
	{"root ", nil, "not a name"},
	{"ro ot", nil, "not a name"},
	{"\troot", nil, "not a name"},
	{"root\n", nil, "not a name"},
	{"root\x00", nil, "not a name"},
	{"\x00", nil, "not a name"},
	{"root\r", nil, "not a name"},
	{"root/app", nil, "not a name"},
	{"../../etc/passwd", nil, "not a name"},
	{"ro*t", nil, "not a name"},
	{"$USER", nil, "not a name"},
	{"${UID}", nil, "not a name"},
	{"app$x", nil, "not a name"},
	{"#comment", nil, "not a name"},
	{"Üser", nil, "not a name"},
	{"٠", nil, "not a name"}, // a digit, but not of ours
	{"\xff\xfe", nil, "not a name"},
	{".", nil, "not a name"},
	{"@", nil, "not a name"},
	{strings.Repeat("a", 300), nil, "longer"},
	{"nobody-knows", nil, "unknown user"},
	{"ROOT", nil, "unknown user"},
	{"Root", nil, "unknown user"},
	{"x", nil, "unknown user"}, // the password field
	{"app:nobody-knows", nil, "unknown group"},
	{"0:nobody-knows", nil, "unknown group"},
	{"0:broken", nil, "unknown group"},
	{"app:textgid", nil, "neither"},
	{"app:neg", nil, "neither"},
	{"app:docker", nil, "larger"},
	{"app:0x0", nil, "neither"},
	{"broken", nil, "fields"},
	{"nouid", nil, "user id"},
	{"textuid", nil, "user id"},
	{"negative", nil, "user id"},
	{"huge", nil, "larger"},
	{"nogid", nil, "fields"},
	{"octal", nil, "octal"},
	{"spaced", nil, "unknown user"},
	{"nis", nil, "unknown user"},
}

func TestTable(t *testing.T) {
	if len(table) < 80 {
		t.Fatalf("%d inputs", len(table))
	}
	for _, c := range table {
		t.Run(fmt.Sprintf("%.40q", c.text), func(t *testing.T) {
			s, err := Parse(c.text)
			var u User
			if err == nil {
				u, err = s.Resolve(files{passwd, group}, nil)
			}
			if c.want == nil {
				if err == nil || !strings.Contains(err.Error(), c.says) {
					t.Errorf("%+v, error %v, want one that says %q", u, err, c.says)
				}
				if len(fmt.Sprint(err)) > 600 {
					t.Errorf("the message has %d bytes", len(err.Error()))
				}
				return
			}
			w := User{c.want.uid, c.want.gid, c.want.groups, c.want.home}
			if err != nil || u.UID != w.UID || u.GID != w.GID || u.Home != w.Home || !slices.Equal(u.Groups, w.Groups) {
				t.Errorf("%+v, %v; want %+v", u, err, w)
			}
		})
	}
}

func TestGroupAdd(t *testing.T) {
	for _, c := range []struct {
		add  []string
		want []uint32 // nil = refused
	}{
		{[]string{"video"}, []uint32{1, 50, 44}},
		{[]string{"44", "video", "5000"}, []uint32{1, 50, 44, 5000}},
		{[]string{"staff"}, []uint32{1, 50}},
		{[]string{"44x"}, nil},
		{[]string{""}, nil},
		{[]string{"-1"}, nil},
		{[]string{"nobody-knows"}, nil},
		{[]string{"video", "0x1"}, nil},
		{[]string{"4294967295"}, nil},
		{[]string{"textgid"}, nil},
	} {
		s, err := Parse("app")
		if err != nil {
			t.Fatal(err)
		}
		u, err := s.Resolve(files{passwd, group}, c.add)
		if (err != nil) != (c.want == nil) || err == nil && !slices.Equal(u.Groups, c.want) {
			t.Errorf("group_add %q: %v, %v; want %v", c.add, u.Groups, err, c.want)
		}
		for _, g := range c.add {
			if CheckGroup(g) != nil && c.want != nil {
				t.Errorf("CheckGroup(%q) refuses what can be resolved", g)
			}
		}
	}
}

// Without files numbers are numbers and names are unknown; root too.
func TestWithoutFiles(t *testing.T) {
	for text, ok := range map[string]bool{"": true, "0": true, "33:44": true, "root": false, "app": false, "0:root": false} {
		s, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		u, err := s.Resolve(files{}, nil)
		if (err == nil) != ok || err == nil && (u.Home != "/" || len(u.Groups) != 0) {
			t.Errorf("%q: %+v, %v", text, u, err)
		}
		if err != nil && !errors.Is(err, errUnknown) {
			t.Errorf("%q: not an error about an unknown name: %v", text, err)
		}
	}
}
