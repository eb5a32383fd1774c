package e2e

import (
	"strings"
	"testing"
)

// An image is built for the platform that alone is named, which needs no emulator as long
// as nothing is run; for two of other machines none is built.
func TestBuildForAnotherPlatform(t *testing.T) {
	s := begin(t, "services:\n  t: {build: {context: ., platforms: [linux/riscv64]}}\n")
	s.write("Dockerfile", "FROM scratch\nARG TARGETARCH\nCOPY Dockerfile /$TARGETARCH\n")
	if r := s.compose("build"); r.code != 0 || !strings.Contains(r.stderr, "t.build.platforms: the image is made for linux/riscv64") {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
	if got := s.must("image", "inspect", "--format", "{{.Architecture}} {{(index .RootFS.Layers 0)}}", s.project+"-t"); !strings.HasPrefix(got, "riscv64 sha256:") {
		t.Errorf("it is %s", got)
	}
	s.write("compose.yaml", "services:\n  t: {build: {context: ., platforms: [linux/riscv64, linux/s390x]}}\n")
	s.fails(1, []string{"compose.yaml:2", "t.build.platforms is not possible", "name one"}, "build")
}
