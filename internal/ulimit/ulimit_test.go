package ulimit

import "testing"

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		soft, hard int64
		most       uint64
		want       string
	}{
		{1024, 2048, 4096, "1024:2048"},
		{1024, 8192, 4096, "1024:4096"},
		{8192, 8192, 4096, "4096"},
		{-1, -1, 4096, "4096"},
		{-1, -1, Unlimited, "unlimited"},
		{0, -1, Unlimited, "0:unlimited"},
		{0, 0, Unlimited, "0"},
		{5, 5, 0, "0"},
	} {
		if got := Of(c.soft, c.hard).Within(c.most).String(); got != c.want {
			t.Errorf("%d:%d within %d: %s, want %s", c.soft, c.hard, c.most, got, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	if n := len(Names()); n != 15 {
		t.Errorf("%d names, docker has 15", n)
	}
	for _, name := range Names() {
		if _, ok := Resource(name); !ok {
			t.Errorf("%s has no number", name)
		}
	}
	if _, ok := Resource("as"); ok {
		t.Error("as is a name, docker has none")
	}
}
