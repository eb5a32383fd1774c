package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What seldom stands in a Dockerfile, and then matters: each service is an image whose
// output says what became of it.
const cornersFile = `services:
  context-as-base:
    build: {context: ., dockerfile_inline: "FROM rootfs\nENV A=1\nCMD [\"/bin/busybox\",\"cat\",\"/etc/x\"]\n", additional_contexts: {rootfs: ./rootfs}}
  alpha:
    build: {context: ., dockerfile_inline: "FROM alpine:3.20\nRUN echo alpha > /alpha\nCMD cat /alpha\n"}
  of-a-service:
    build: {context: ., dockerfile_inline: "FROM base\nCOPY --from=base /alpha /beta\nRUN cat /alpha >> /beta\nCMD cat /beta\n", additional_contexts: {base: "service:alpha"}}
  tools-of-another:
    build: {context: ., dockerfile_inline: "FROM scratch\nRUN --mount=type=bind,from=alpine:3.20,source=/bin,target=/bin [\"/bin/sh\",\"-c\",\"echo hi > /out\"]\nCOPY --from=alpine:3.20 /bin/busybox /cat\nCMD [\"/cat\", \"/out\"]\n"}
  program-in-a-document:
    build:
      context: .
      dockerfile_inline: |
        FROM alpine:3.20
        RUN <<EOF
        #!/bin/busybox sh
        echo "$$0" > /name
        EOF
        CMD cat /name; test -e /dev/pipes || echo gone
  target-by-number:
    build: {context: ., target: "1", dockerfile_inline: "FROM alpine:3.20\nRUN echo zero > /n\nFROM alpine:3.20\nCOPY --from=0 /n /m\nCMD cat /m\nFROM alpine:3.20\nRUN exit 3\n"}
  proxies:
    build: {context: ., args: {HTTP_PROXY: "http://p:1"}, dockerfile_inline: "FROM alpine:3.20\nRUN echo $$HTTP_PROXY $$http_proxy > /p\nCMD cat /p; env | grep -ci proxy\n"}
  directory-of-a-user:
    build: {context: ., dockerfile_inline: "FROM alpine:3.20\nUSER 123:456\nWORKDIR /a/b\nRUN touch c\nCMD stat -c '%u:%g %n' /a/b c\n"}
  ignore-file-of-its-own:
    build: {context: ./ctx, dockerfile: app.Dockerfile}
  agent-that-is-absent:
    build: {context: ., dockerfile_inline: "FROM alpine:3.20\nRUN --mount=type=ssh echo \"$$SSH_AUTH_SOCK\" > /s\nCMD cat /s; ls /run/buildkit 2>&1\n"}
  image-in-place-of-one:
    build: {context: ., dockerfile_inline: "FROM nosuch:1\nCMD echo it\n", additional_contexts: {"nosuch:1": "docker-image://alpine:3.20"}}
  secret-as-a-variable:
    build: {context: ., secrets: [tok], dockerfile_inline: "FROM alpine:3.20\nRUN --mount=type=secret,id=tok,env=TOK,required echo $${#TOK} > /l\nCMD cat /l; env | grep -c TOK\n"}
  misspelt:
    build: {context: ., dockerfile_inline: "FROM alpine:3.20\nRUNN x\n"}
  failing:
    build: {context: ., dockerfile_inline: "FROM alpine:3.20\nRUN echo some output && \\\n  exit 7\nRUN y\n"}
secrets:
  tok: {file: ./tok}
`

func TestBuildCorners(t *testing.T) {
	s := begin(t, cornersFile)
	s.loadImages(smallBases(t))
	s.write("rootfs/etc/x", "from the context\n")
	if err := os.Mkdir(filepath.Join(s.dir, "rootfs", "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := copyFile(filepath.Join(s.dir, "rootfs", "bin", "busybox"), "/bin/busybox"); err != nil {
		t.Fatal(err)
	}
	s.write("tok", "12345")
	s.write("ctx/app.Dockerfile", "FROM alpine:3.20\nCOPY . /c\nCMD ls -A /c\n")
	s.write("ctx/app.Dockerfile.dockerignore", "no\n*.Dockerfile*\n.dockerignore\n")
	s.write("ctx/.dockerignore", "yes\n")
	s.write("ctx/yes", "")
	s.write("ctx/no", "")
	var services []string
	said := map[string]string{
		"context-as-base": "from the context\n", "alpha": "alpha\n", "of-a-service": "alpha\nalpha\n", "tools-of-another": "hi\n",
		"program-in-a-document": "/dev/pipes/EOF\ngone\n", "target-by-number": "zero\n", "proxies": "http://p:1 http://p:1\n0\n",
		"directory-of-a-user": "123:456 /a/b\n123:456 c\n", "ignore-file-of-its-own": "yes\n",
		"agent-that-is-absent":  "/run/buildkit/ssh_agent.0\nls: /run/buildkit: No such file or directory\n",
		"image-in-place-of-one": "it\n", "secret-as-a-variable": "5\n0\n",
	}
	for name := range said {
		services = append(services, name)
	}
	s.must(append([]string{"build", "-q"}, services...)...)
	for name, want := range said {
		if got := s.compose("run", "--rm", "-T", "--no-deps", name).stdout; got != want {
			t.Errorf("%s: %q, wanted %q", name, got, want)
		}
	}
	s.fails(1, []string{"Dockerfile:2\n", " 2 | >>> RUNN x\n", "unknown instruction: RUNN (did you mean RUN?)"}, "build", "misspelt")
	s.fails(1, []string{"some output", "   2 | >>> RUN echo some output && \\\n   3 | >>>   exit 7\n", "exit code: 7"}, "build", "failing")
	if text := s.must("image", "history", "--no-trunc", s.project+"-proxies"); strings.Contains(text, "http://p:1") {
		t.Errorf("the proxy is in the history:\n%s", text)
	}
}
