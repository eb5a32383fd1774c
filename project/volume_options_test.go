package project

import (
	"reflect"
	"strings"
	"testing"
)

func TestVolumeOptions(t *testing.T) {
	type options map[string]string
	for _, c := range []struct {
		in   options
		want VolumeSource
		err  string
	}{
		{in: nil},
		{in: options{"type": "tmpfs", "device": "tmpfs", "o": "size=1m, uid=5,ro"}, want: VolumeSource{Tmpfs: true, ReadOnly: true, Options: []string{"size=1m", "uid=5"}}},
		{in: options{"type": "none", "o": "bind", "device": "/a/../b"}, want: VolumeSource{Device: "/b"}},
		{in: options{"o": "rbind,ro", "device": "/b"}, want: VolumeSource{Device: "/b", Recursive: true, ReadOnly: true}},
		{in: options{"o": "bind", "device": "b"}, err: "absolute path"},
		{in: options{"o": "bind,suid", "device": "/b"}, err: `"suid" is not possible`},
		{in: options{"type": "nfs", "o": "addr=1.2.3.4", "device": ":/x"}, err: "administrator"},
		{in: options{"type": "ext4", "device": "/dev/sda"}, err: "administrator"},
		{in: options{"device": "/x"}, err: "type is missing"},
		{in: options{"type": "tmpfs", "o": "mode=8"}, err: "octal"},
		{in: options{"typ": "tmpfs"}, err: `unknown option "typ"`},
	} {
		got, err := ParseVolumeOptions(c.in)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v: %v, want %s", c.in, err, c.err)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: %+v, %v", c.in, got, err)
		}
	}
}
