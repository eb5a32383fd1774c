package cause

import "testing"

func TestContainer(t *testing.T) {
	for name, tt := range map[string]struct {
		files map[string]string
		env   map[string]string
		want  string
	}{
		"none":           {},
		"docker":         {files: map[string]string{"/.dockerenv": "#"}, want: "docker"},
		"podman":         {files: map[string]string{"/run/.containerenv": "#"}, want: "podman"},
		"the first":      {env: map[string]string{"container": "lxc"}, want: "lxc"},
		"a login":        {files: map[string]string{"/run/systemd/container": "lxc\n"}, want: "lxc"},
		"WSL":            {files: map[string]string{"/run/systemd/container": "wsl\n"}},
		"docker in LXC":  {files: map[string]string{"/.dockerenv": "#", "/run/systemd/container": "lxc"}, want: "docker"},
		"one of ours":    {env: map[string]string{OuterVariable: "podman"}, want: ""}, // counts on this machine only
		"WSL, the first": {env: map[string]string{"container": "wsl"}},
	} {
		h := aHost(t, tt.files)
		h.Env = func(key string) string { return tt.env[key] }
		if got := h.Container(); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
