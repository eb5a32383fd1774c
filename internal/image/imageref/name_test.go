package imageref

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	digest := "sha256:" + strings.Repeat("ab", 32)
	for in, want := range map[string]string{ // "" = refused
		"nginx":                            "nginx",
		"nginx:1.27":                       "nginx:1.27",
		"library/nginx":                    "nginx",
		"docker.io/nginx":                  "nginx",
		"docker.io/library/nginx:x":        "nginx:x",
		"index.docker.io/library/nginx":    "nginx",
		"docker.io/library/a/b":            "library/a/b",
		"bitnami/redis":                    "bitnami/redis",
		"docker.io/bitnami/redis:7":        "bitnami/redis:7",
		"localhost/app":                    "localhost/app",
		"localhost:5000/app:v1":            "localhost:5000/app:v1",
		"ghcr.io/a/b/c@" + digest:          "ghcr.io/a/b/c@" + digest,
		"nginx:1@" + digest:                "nginx:1@" + digest,
		"[::1]:5000/app":                   "[::1]:5000/app",
		"Foo/bar":                          "Foo/bar", // a registry: docker takes it for a host
		"a__b/c--d.e_f":                    "a__b/c--d.e_f",
		"x:" + strings.Repeat("t", 128):    "x:" + strings.Repeat("t", 128),
		"":                                 "",
		":1":                               "",
		"Nginx":                            "",
		"nginx:":                           "",
		"nginx:.x":                         "",
		"nginx:a/b":                        "",
		"x:" + strings.Repeat("t", 129):    "",
		"a..b":                             "",
		"a___b":                            "",
		"a._b":                             "",
		"-a":                               "",
		"a-":                               "",
		"a//b":                             "",
		"/a":                               "",
		"a/":                               "",
		"a b":                              "",
		"nginx@sha256:12":                  "",
		"nginx@md5:" + digest[7:]:          "",
		strings.Repeat("ab", 32):           "",
		strings.Repeat("a", 256):           "",
		"-x.y/app":                         "",
		"x.y:p/app":                        "",
		"nginx\x00":                        "",
		"docker-archive:/tmp/x.tar:latest": "",
		"../../etc":                        "",
	} {
		n, err := Parse(in)
		if got := n.String(); err == nil && got != want || err != nil && want != "" {
			t.Errorf("Parse(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestTagged(t *testing.T) {
	n, err := Parse("docker.io/library/nginx")
	if err != nil || n.Tagged().String() != "nginx:latest" {
		t.Errorf("%v %v", n.Tagged(), err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("localhost:5000/a/b:c")
	f.Add("nginx@sha256:" + strings.Repeat("0", 64))
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Parse(s)
		if err != nil {
			return
		}
		again, err := Parse(n.String())
		if err != nil || again != n {
			t.Errorf("%q: %+v, its familiar form %q: %+v, %v", s, n, n.String(), again, err)
		}
	})
}

func TestFull(t *testing.T) {
	digest := "@sha256:" + strings.Repeat("ab", 32)
	for in, want := range map[string]string{
		"nginx":              "docker.io/library/nginx:latest",
		"a/b:1":              "docker.io/a/b:1",
		"localhost:5000/app": "localhost:5000/app:latest",
		"nginx" + digest:     "docker.io/library/nginx" + digest,
		"nginx:1" + digest:   "docker.io/library/nginx:1" + digest,
	} {
		n, err := Parse(in)
		if err != nil || n.Full() != want {
			t.Errorf("%s in full: %s, %v", in, n.Full(), err)
		}
	}
}
