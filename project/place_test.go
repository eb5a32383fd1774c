package project

import "testing"

func TestPlaces(t *testing.T) {
	bind := func(path string, write bool) Place { return Place{Path: path, Write: write} }
	for _, c := range []struct {
		a, b Place
		want bool
	}{
		{bind("/d", true), bind("/d", false), true},
		{bind("/d", false), bind("/d", false), false},
		{bind("/d", true), bind("/d/e", false), true},
		{bind("/d/e", true), bind("/d", true), true},
		{bind("/d", true), bind("/data", true), false},
		{bind("/", false), bind("/data", true), true},
		{Place{Volume: "v", Write: true}, Place{Volume: "v"}, true},
		{Place{Volume: "v", Write: true}, Place{Volume: "w", Write: true}, false},
		{Place{Volume: "v", Write: true}, bind("/v", true), false},
	} {
		if c.a.Common(c.b) != c.want || c.b.Common(c.a) != c.want {
			t.Errorf("%+v and %+v: want %v", c.a, c.b, c.want)
		}
	}
	s := Service{Mounts: []Mount{{Type: MountBind, Source: "/a/../b"}, {Type: MountVolume, Source: "v", ReadOnly: true}, {Type: MountVolume}, {Type: MountTmpfs}}}
	got := s.Places()
	if len(got) != 2 || got[0].String() != "/b" || !got[0].Write || got[1].String() != "volume v" || got[1].Write {
		t.Errorf("%+v", got)
	}
}
