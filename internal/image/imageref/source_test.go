package imageref

import "testing"

func TestParseSource(t *testing.T) {
	for in, want := range map[string]Source{
		"docker-archive:a.tar":            {DockerArchive, "a.tar", ""},
		"docker-archive:/x/a.tar:app:1.0": {DockerArchive, "/x/a.tar", "app:1.0"},
		"docker-archive:a.tar:@1":         {DockerArchive, "a.tar", "@1"},
		"oci-archive:b.tar:latest":        {OCIArchive, "b.tar", "latest"},
		"oci:dir":                         {OCIDir, "dir", ""},
	} {
		got, err := ParseSource(in)
		if err != nil || got != want || got.String() != in || !IsSource(in) {
			t.Errorf("ParseSource(%q) = %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"nginx", "nginx:1", "rootfs:x", "oci", "", "docker-archive/x:1"} {
		if IsSource(in) {
			t.Errorf("IsSource(%q)", in)
		}
	}
	if _, err := ParseSource("oci:"); err == nil {
		t.Error("no path: accepted")
	}
}
