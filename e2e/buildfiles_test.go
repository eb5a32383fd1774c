package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// plantBusybox makes the static busybox a file of the project.
func (s *scenario) plantBusybox(name string) {
	s.t.Helper()
	testns.RequireProgram(s.t, "busybox", "busybox-static")
	program, err := exec.LookPath("busybox")
	if err == nil {
		s.write(name, "") // and the directory that it is in
		err = copyFile(filepath.Join(s.dir, name), program)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func tarOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, text := range files {
		h := &tar.Header{Name: name, Mode: 0o640, Uid: 33, Gid: 44, Size: int64(len(text)), Typeflag: tar.TypeReg, ModTime: time.Unix(1_300_000_000, 0)}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var owners = regexp.MustCompile(` \d+:\d+ `)

// TestBuildFiles: what COPY and ADD make is in the container, with owners, modes and times.
func TestBuildFiles(t *testing.T) {
	s := begin(t, `
services:
  web:
    build:
      context: .
      args: [SITE]
`)
	served := time.Unix(1_200_000_000, 0)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", served, strings.NewReader("fetched "+r.URL.Path))
	}))
	t.Cleanup(site.Close)
	s.env = append(s.env, "SITE="+site.URL)
	s.plantBusybox("busybox")
	s.write("etc/passwd", "root:x:0:0::/:/bin/sh\napp:x:1000:1001::/:/bin/sh\n")
	s.write("etc/group", "root:x:0:\nwww:x:33:\n")
	s.write("tree/sub/f", "f")
	s.write("tree/secret.key", "s")
	s.write("a/b/c.txt", "c")
	s.write(".dockerignore", "**/*.key\n")
	for _, link := range [][2]string{{"sub/f", "tree/link"}, {"/etc/shadow", "tree/out"}} {
		if err := os.Symlink(link[0], filepath.Join(s.dir, link[1])); err != nil {
			t.Fatal(err)
		}
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(tarOf(t, map[string]string{"in/tar": "t"})); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	s.write("bundle.tgz", zipped.String())
	old := time.Unix(1_100_000_000, 0)
	if err := os.Chtimes(filepath.Join(s.dir, "tree/sub/f"), old, old); err != nil {
		t.Fatal(err)
	}
	s.write("Dockerfile", `FROM scratch AS base
ARG SITE
COPY --chmod=755 busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
COPY etc /etc/
COPY --chown=app:www tree /srv/tree
COPY --parents a/b/c.txt /p/
COPY --link --chown=7 --chmod=600 a/b/c.txt /linked/c
ADD bundle.tgz /opt/
ADD $SITE/dir/file.bin /fetched/
COPY <<EOF /here
doc
EOF
FROM base
RUN rm -r /p && mkdir /p && echo new >/p/new && ln /srv/tree/sub/f /srv/hard && chmod 4755 /srv/hard
COPY --from=base /srv/tree/sub /from
WORKDIR /work/dir
CMD ["sh", "-c", "cd / && for f in srv/tree srv/tree/sub/f srv/tree/link srv/hard linked linked/c opt/in/tar fetched/file.bin here from from/f work/dir p; do stat -c '%n %a %u:%g %Y' $f; done; ls p srv/tree; readlink srv/tree/out; cat here fetched/file.bin"]
`)
	s.must("build")
	out := s.must("run", "--rm", "web")
	for _, want := range []string{
		"srv/tree 755 1000:33 ", "srv/tree/sub/f 4755 1000:33 1100000000", "srv/tree/link 777 1000:33 ", "srv/hard 4755 1000:33 1100000000",
		"linked 600 7:7 ", "linked/c 600 7:7 ", "opt/in/tar 640 33:44 1300000000", "fetched/file.bin 600 0:0 1200000000", "here 644 0:0 ",
		"from 755 0:0", "from/f 644 1000:33 1100000000", "work/dir 755 0:0 ", "p:\nnew\n", "srv/tree:\nlink\nout\nsub\n", "/etc/shadow\n", "doc\n", "fetched /dir/file.bin",
	} {
		if os.Getenv("MOCKER_FORCE_SINGLE_ID") != "" {
			want = owners.ReplaceAllString(want, " 0:0 ") // there is one id only
		}
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	t.Run("skopeo", func(t *testing.T) { s.in(t).savedIsRead(s.project + "-web") })
}

// savedIsRead has another program read the image, which compares all digests.
func (s *scenario) savedIsRead(image string) {
	s.t.Helper()
	skopeo := testns.RequireProgram(s.t, "skopeo", "skopeo")
	s.must("image", "save", "-o", "saved.tar", image)
	cmd := exec.Command(skopeo, "copy", "--insecure-policy", "docker-archive:saved.tar", "oci:read:latest")
	cmd.Dir = s.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Errorf("skopeo: %v\n%s", err, out)
	}
}

// TestBuildFromAddresses: contexts that are a repository, an archive and a Dockerfile.
func TestBuildFromAddresses(t *testing.T) {
	testns.RequireProgram(t, "git", "git")
	s := begin(t, `
services:
  tar: {build: "${SITE}/c.tar"}
  git: {build: "${SITE}/r.git#main:sub"}
  file: {build: "${SITE}/Dockerfile"}
`)
	const dockerfile = "FROM scratch\nCOPY name /name\nCOPY busybox /bin/busybox\nCMD [\"/bin/busybox\", \"cat\", \"/name\"]\n"
	s.plantBusybox("repo/sub/busybox")
	s.write("repo/sub/name", "from git")
	s.write("repo/sub/Dockerfile", dockerfile)
	cmd := exec.Command("/bin/sh", "-euc", `chmod 755 sub/busybox; git init -q -b main; git add .
git -c user.name=a -c user.email=a@b commit -qm one; git update-server-info`)
	cmd.Dir = filepath.Join(s.dir, "repo")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	busybox, err := os.ReadFile(filepath.Join(s.dir, "repo/sub/busybox"))
	if err != nil {
		t.Fatal(err)
	}
	archive := tarOf(t, map[string]string{"Dockerfile": strings.Replace(dockerfile, "COPY busybox", "COPY --chmod=755 busybox", 1), "name": "from a tar", "busybox": string(busybox)})
	mux := http.NewServeMux()
	mux.HandleFunc("/c.tar", func(w http.ResponseWriter, _ *http.Request) { w.Write(archive) })
	mux.HandleFunc("/Dockerfile", func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte("FROM scratch\nCOPY <<EOF /name\nx\nEOF\n"))
	})
	mux.Handle("/r.git/", http.StripPrefix("/r.git", http.FileServer(http.Dir(filepath.Join(s.dir, "repo/.git")))))
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	s.env = append(s.env, "SITE="+site.URL)
	s.must("build")
	for _, service := range []string{"tar", "git"} {
		if out := s.must("run", "--rm", service); !strings.Contains(out, "from "+map[string]string{"tar": "a tar", "git": "git"}[service]) {
			t.Errorf("%s: %s", service, out)
		}
	}
	if out := s.must("system", "df", "-v"); !strings.Contains(out, "source.git.checkout") || !strings.Contains(out, "archive fetched as a build context") {
		t.Errorf("what was fetched is not in\n%s", out)
	}
	if out := s.must("builder", "prune", "-af"); !strings.Contains(out, "repos/") || !strings.Contains(out, "trees/") {
		t.Errorf("what was fetched was not removed\n%s", out)
	}
	s.must("build", "git")
}
