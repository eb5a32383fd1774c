package listing

import "testing"

func TestSplitFilter(t *testing.T) {
	known := []string{"label", "dangling"}
	for _, c := range []struct {
		text, key, value string
		negated          bool
		err              string
	}{
		{"label=a=b", "label", "a=b", false, ""},
		{"label!=a", "label", "a", true, ""},
		{"dangling=true", "dangling", "true", false, ""},
		{"label", "", "", false, `invalid argument "label" for "-f, --filter" flag: bad format of filter (expected name=value)`},
		{"dangling!=true", "", "", false, `invalid filter "dangling!=true": the filters are label, dangling`},
		{"colour=red", "", "", false, `invalid filter "colour=red": the filters are label, dangling`},
	} {
		key, value, negated, err := SplitFilter(c.text, known)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if key != c.key || value != c.value || negated != c.negated || text != c.err {
			t.Errorf("%q: %q %q %v %q", c.text, key, value, negated, text)
		}
	}
}

func TestLabelFilter(t *testing.T) {
	labels := map[string]string{"a": "1", "empty": ""}
	for _, c := range []struct {
		has, lacks []string
		want       bool
	}{
		{nil, nil, true},
		{[]string{"a", "a=1", "empty", "empty="}, nil, true},
		{[]string{"a", "a=2"}, nil, false},
		{[]string{"b"}, nil, false},
		{[]string{"a="}, nil, false},
		{nil, []string{"b", "a=2"}, true},
		{nil, []string{"a"}, false},
		{[]string{"a"}, []string{"a=1"}, false},
	} {
		var f LabelFilter
		for _, l := range c.has {
			f.Add(l, false)
		}
		for _, l := range c.lacks {
			f.Add(l, true)
		}
		if got := f.Match(labels); got != c.want {
			t.Errorf("has %q, lacks %q: %v", c.has, c.lacks, got)
		}
	}
}
