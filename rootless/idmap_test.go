package rootless

import (
	"slices"
	"strconv"
	"testing"

	"github.com/rootless-containers/rootlesskit/v3/pkg/parent/idtools"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestStack(t *testing.T) {
	for _, c := range []struct {
		name   string
		ranges []idtools.SubIDRange
		want   []IDRange
	}{
		{"none", nil, []IDRange{{0, 1000, 1}}},
		{"one", []idtools.SubIDRange{{Start: 100000, Length: 65536}}, []IDRange{{0, 1000, 1}, {1, 100000, 65536}}},
		{"two", []idtools.SubIDRange{{Start: 100000, Length: 10}, {Start: 500, Length: 5}}, []IDRange{{0, 1000, 1}, {1, 100000, 10}, {11, 500, 5}}},
		{"empty and negative", []idtools.SubIDRange{{Start: 1, Length: 0}, {Start: -1, Length: 5}}, []IDRange{{0, 1000, 1}}},
		{"too long", []idtools.SubIDRange{{Start: 1, Length: 1 << 32}}, []IDRange{{0, 1000, 1}}},
	} {
		if got := stack(1000, c.ranges); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestParseIDMap(t *testing.T) {
	got, err := parseIDMap("         0       1000          1\n         1     100000      65536\n")
	if err != nil || !slices.Equal(got, []IDRange{{0, 1000, 1}, {1, 100000, 65536}}) {
		t.Errorf("%v %v", got, err)
	}
	if text := formatIDMap(got); text != "0 1000 1\n1 100000 65536\n" {
		t.Errorf("%q", text)
	}
	for _, bad := range []string{"x", "1 2", "0 -1 5", "0 0 99999999999"} {
		if got, err := parseIDMap(bad); err == nil {
			t.Errorf("%q gave %v", bad, got)
		}
	}
}

func TestForcedSingleID(t *testing.T) {
	if !testns.Plain(t) {
		return
	}
	t.Setenv("MOCKER_FORCE_SINGLE_ID", "1")
	m, err := FindIDMaps()
	if err != nil {
		t.Fatal(err)
	}
	if !m.Single() || m.Degraded == "" {
		t.Errorf("%+v", m)
	}
}
