package copytar

import (
	"archive/tar"
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

type entry struct {
	tar.Header
	text string
}

func file(name, text string) entry {
	return entry{tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}, text}
}
func dir(name string) entry {
	return entry{tar.Header{Name: name, Mode: 0o755, Typeflag: tar.TypeDir}, ""}
}
func link(name, to string) entry {
	return entry{tar.Header{Name: name, Linkname: to, Typeflag: tar.TypeSymlink}, ""}
}
func hard(name, to string) entry {
	return entry{tar.Header{Name: name, Linkname: to, Typeflag: tar.TypeLink}, ""}
}
func device(name string) entry {
	return entry{tar.Header{Name: name, Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3}, ""}
}

func tarOf(t testing.TB, entries ...entry) *bytes.Buffer {
	t.Helper()
	b := &bytes.Buffer{}
	w := tar.NewWriter(b)
	for _, e := range entries {
		if err := w.WriteHeader(&e.Header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b
}

// hostile are streams as a container that lies could send them, to a destination
// /home/t. OUT stands for the directory outside.
var hostile = map[string][]entry{
	"parent":                 {dir("d"), file("../OUT/f", "x")},
	"absolute":               {dir("d"), file("/OUT/f", "x")},
	"parent inside":          {dir("d"), file("d/../../OUT/f", "x")},
	"second root":            {dir("d"), file("e", "x")},
	"through a link":         {dir("d"), link("d/l", "/OUT"), file("d/l/f", "x")},
	"through a relative":     {dir("d"), link("d/l", "../../OUT"), file("d/l/f", "x")},
	"link as the root":       {link("d", "/OUT"), file("d/f", "x")},
	"link, then directory":   {dir("d"), link("d/l", "/OUT"), dir("d/l"), file("d/l/f", "x")},
	"link as a file":         {dir("d"), link("d/l", "/OUT/canary"), file("d/l", "x")},
	"hard link outside":      {dir("d"), hard("d/h", "/OUT/canary"), file("d/h", "x")},
	"hard link by parent":    {dir("d"), hard("d/h", "d/../../OUT/canary")},
	"hard link to a link":    {dir("d"), link("d/l", "/OUT/canary"), hard("d/h", "d/l"), file("d/h", "x")},
	"hard link through link": {dir("d"), link("d/l", "/OUT"), hard("d/h", "d/l/canary"), file("d/h", "x")},
	"new link in the middle": {dir("d"), dir("d/s"), link("d/s", "/OUT"), file("d/s/f", "x")},
	"planted in the target":  {dir("d"), file("d/planted/f", "x")},
	"planted for a mode":     {dir("d"), {tar.Header{Name: "d/planted", Mode: 0o711, Typeflag: tar.TypeDir}, ""}},
	"dot dot as the root":    {dir(".."), file("../OUT/f", "x")},
	"device":                 {dir("d"), device("d/null")},
}

// TestHostileStreams: whatever comes, nothing outside of the destination changes.
func TestHostileStreams(t *testing.T) {
	for _, walk := range []bool{false, true} {
		safepath.ForceWalk(walk)
		defer safepath.ForceWalk(false)
		for name, entries := range hostile {
			for _, dst := range []string{"/home/t", "/home/new"} {
				t.Run(name+dst, func(t *testing.T) {
					root := t.TempDir()
					plant(t, root, "OUT/canary=sings", "home/t/", "home/canary=sings", "home/t/d/planted>/OUT")
					if err := os.Chmod(filepath.Join(root, "OUT"), 0o750); err != nil {
						t.Fatal(err)
					}
					_, _ = Unpack(t.Context(), tarOf(t, entries...), open(t, root), dst, Options{Strict: true})
					if st, err := os.Stat(filepath.Join(root, "OUT")); err != nil || st.Mode().Perm() != 0o750 {
						t.Errorf("the mode outside is now %v %v", st.Mode(), err)
					}
					if got := harvest(t, filepath.Join(root, "OUT")); got != "canary=sings" {
						t.Errorf("outside is now %s", got)
					}
					for _, e := range strings.Fields(harvest(t, filepath.Join(root, "home"))) {
						if !strings.HasPrefix(e, "t/") && !strings.HasPrefix(e, "new") && e != "canary=sings" {
							t.Errorf("beside the destination: %s", e)
						}
					}
				})
			}
		}
	}
}

// TestRace: somebody in the container exchanges directories for links while
// files are copied in and out. CVE-2018-15664, CVE-2019-14271.
func TestRace(t *testing.T) {
	for _, walk := range []bool{false, true} {
		safepath.ForceWalk(walk)
		defer safepath.ForceWalk(false)
		race(t)
	}
}

func race(t *testing.T) {
	base := t.TempDir()
	plant(t, base, "host/secret=secret", "c/srv/d/f=inside", "c/srv/d/g=inside")
	host, inner := filepath.Join(base, "host"), filepath.Join(base, "c/srv")
	root, stop := open(t, filepath.Join(base, "c")), make(chan struct{})
	var attacker sync.WaitGroup
	attacker.Go(func() {
		at := filepath.Join(inner, "d")
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			targets := []string{host, "../../host", "../../../../../../.." + host, "/proc/self/root" + host}
			os.Rename(at, filepath.Join(inner, "away"))
			os.Symlink(targets[n%len(targets)], at)
			os.Remove(at)
			os.Rename(filepath.Join(inner, "away"), at)
		}
	})
	for range 1500 {
		var out bytes.Buffer
		_ = Pack(t.Context(), &out, root, []string{"/srv/d", "/srv/d/.", "/srv/d/secret", "/srv"}[rand.IntN(4)], rand.IntN(2) == 0)
		if strings.Contains(contents(&out), "secret") {
			t.Fatal("a file of the host came out")
		}
		in := tarOf(t, dir("d"), file("d/f", "stolen"), file("d/secret", "overwritten"))
		_, _ = Unpack(t.Context(), in, root, []string{"/srv", "/srv/d/.."}[rand.IntN(2)], Options{})
		_, _ = Unpack(t.Context(), tarOf(t, file("secret", "overwritten")), root, "/srv/d", Options{})
	}
	close(stop)
	attacker.Wait()
	if got := harvest(t, host); got != "secret=secret" {
		t.Errorf("the host's directory is now %s", got)
	}
}

// contents are the texts of a stream.
func contents(b *bytes.Buffer) string {
	var out strings.Builder
	for tr := tar.NewReader(b); ; {
		if _, err := tr.Next(); err != nil {
			return out.String()
		}
		_, _ = io.Copy(&out, tr)
	}
}

// FuzzUnpack: no stream of a container gets out of the destination.
func FuzzUnpack(f *testing.F) {
	for _, entries := range hostile {
		f.Add(tarOf(f, entries...).Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		root := t.TempDir()
		plant(t, root, "OUT/canary=sings", "home/t/d/planted>/OUT")
		_, _ = Unpack(t.Context(), bytes.NewReader(b), open(t, root), "/home/t", Options{Strict: true})
		if got := harvest(t, filepath.Join(root, "OUT")); got != "canary=sings" {
			t.Errorf("outside is now %s", got)
		}
		for _, name := range []string{root, filepath.Join(root, "home")} {
			if list, err := os.ReadDir(name); err != nil || len(list) > 2 {
				t.Errorf("beside the destination: %v, %v", list, err)
			}
		}
	})
}
