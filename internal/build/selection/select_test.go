package selection

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// sample is a tree: "name" a file, "name/" a directory, "name -> to" a link.
var sample = []string{
	"a.txt", "b.txt", "c.md", "arr[0].txt", "dir/", "dir/x.go", "dir/y.txt", "dir/sub/", "dir/sub/z.go", "dir/sub/deep/", "dir/sub/deep/w.txt",
	"dir/self -> .", "link -> a.txt", "ldir -> dir", "abs -> /dir/sub", "out -> ../../etc", "loop -> loop", "dangling -> nowhere", "empty/", ".hidden",
	"dir2/", "dir2/x.go", "dir2/q",
}

func plant(t *testing.T, lines []string) *os.File {
	t.Helper()
	root := t.TempDir()
	for _, l := range lines {
		name, to, link := strings.Cut(l, " -> ")
		path := filepath.Join(root, name)
		var err error
		switch {
		case link:
			err = os.Symlink(to, path)
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(path, 0o755)
		default:
			err = os.WriteFile(path, []byte("content of "+name), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	dir, err := os.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	return dir
}

func show(t *testing.T, tree *Tree, src Sources) string {
	t.Helper()
	list, err := tree.List(t.Context(), src)
	if err != nil {
		return err.Error()
	}
	var out []string
	for _, e := range list {
		line := cmp.Or(e.Path, ".")
		if e.To != "" {
			line += ">" + e.To
		}
		if e.Name != "" {
			line += "=" + e.Name
		}
		out = append(out, line)
	}
	return strings.Join(out, " ")
}

func TestSources(t *testing.T) {
	root := plant(t, sample)
	for _, c := range []struct {
		name    string
		src     string // fields; "--parents" and "--exclude=" among them
		ignored string
		want    string
	}{
		{"a file", "a.txt", "", "a.txt=a.txt"},
		{"from the root", "/a.txt", "", "a.txt=a.txt"},
		{"above the root is the root", "../../a.txt", "", "a.txt=a.txt"},
		{"two files in order", "b.txt a.txt", "", "b.txt=b.txt a.txt=a.txt"},
		{"missing", "nope", "", `"/nope": not found`},
		{"missing below", "./dir/nope", "", `"/dir/nope": not found`},
		{"below a file", "a.txt/x", "", `"/a.txt/x": not found`},
		{"a directory is its content", "dir2", "", "dir2 dir2/q>q dir2/x.go>x.go"},
		{"a slash at its end means nothing", "dir2/", "", "dir2 dir2/q>q dir2/x.go>x.go"},
		{"nor does a dot", "dir2/.", "", "dir2 dir2/q>q dir2/x.go>x.go"},
		{"empty directory", "empty", "", "empty"},
		{"links in trees are links", "dir", "", "dir dir/self>self dir/sub>sub dir/sub/deep>sub/deep dir/sub/deep/w.txt>sub/deep/w.txt dir/sub/z.go>sub/z.go dir/x.go>x.go dir/y.txt>y.txt"},
		{"a link as the source is followed", "link", "", "a.txt=link"},
		{"to a directory", "ldir/sub/deep", "", "dir/sub/deep dir/sub/deep/w.txt>w.txt"},
		{"on the way", "ldir/x.go", "", "dir/x.go=x.go"},
		{"absolute ones start at the root of the context", "abs/z.go", "", "dir/sub/z.go=z.go"},
		{"out of the context stays inside", "out/passwd", "", `"/out/passwd": not found`},
		{"loops", "loop", "", `read "/loop": too many levels of symbolic links`},
		{"dangling", "dangling", "", `"/dangling": not found`},
		{"pattern", "*.txt", "", "a.txt=a.txt arr[0].txt=arr[0].txt b.txt=b.txt"},
		{"pattern that matches nothing", "*.nope", "", ""},
		{"question mark", "?.txt", "", "a.txt=a.txt b.txt=b.txt"},
		{"class", "[bc].*", "", "b.txt=b.txt c.md=c.md"},
		{"escaped by a class", "arr[[]0].txt", "", "arr[0].txt=arr[0].txt"},
		{"escaped by a backslash", `arr\[0].tx?`, "", "arr[0].txt=arr[0].txt"},
		{"stars match dots in front", "*hidden", "", ".hidden=.hidden"},
		{"a star is one component", "dir/*.go", "", "dir/x.go=x.go"},
		{"two components", "*/x.go", "", "dir/x.go=x.go dir2/x.go=x.go"},
		{"a matched directory is its content", "dir2*", "", "dir2 dir2/q>q dir2/x.go>x.go"},
		{"a matched link is followed", "lin?", "", "a.txt=link"},
		{"links are not walked through by patterns", "ld*/x.go", "", ""},
		{"but before them", "ldir/x.*", "", "dir/x.go=x.go"},
		{"two stars are as one", "**/x.go", "", "dir/x.go=x.go dir2/x.go=x.go"},
		{"a bad pattern", "[a", "", "[a: syntax error in pattern"},

		{"excluded by name", "--exclude=x.go dir2", "", "dir2 dir2/q>q"},
		{"excluded below", "--exclude=*.go dir", "", "dir dir/self>self dir/sub>sub dir/sub/deep>sub/deep dir/sub/deep/w.txt>sub/deep/w.txt dir/sub/z.go>sub/z.go dir/y.txt>y.txt"},
		{"excluded everywhere", "--exclude=**/*.go --exclude=self dir", "", "dir dir/sub>sub dir/sub/deep>sub/deep dir/sub/deep/w.txt>sub/deep/w.txt dir/y.txt>y.txt"},
		{"excluded directories", "--exclude=sub --exclude=self dir", "", "dir dir/x.go>x.go dir/y.txt>y.txt"},
		{"taken back", "--exclude=sub --exclude=!sub/z.go --exclude=self dir", "", "dir dir/sub>sub dir/sub/z.go>sub/z.go dir/x.go>x.go dir/y.txt>y.txt"},
		{"of files by a pattern", "--exclude=*.md [abc].*", "", "a.txt=a.txt b.txt=b.txt"},
		{"all", "--exclude=* dir2", "", "dir2"},

		{"parents of a file", "--parents dir/sub/z.go", "", ". dir>dir dir/sub>dir/sub dir/sub/z.go>dir/sub/z.go"},
		{"of a directory", "--parents ./dir/sub/deep/.", "", ". dir>dir dir/sub>dir/sub dir/sub/deep>dir/sub/deep dir/sub/deep/w.txt>dir/sub/deep/w.txt"},
		{"from a pivot", "--parents dir/./sub/deep", "", "dir dir/sub>sub dir/sub/deep>sub/deep dir/sub/deep/w.txt>sub/deep/w.txt"},
		{"the first pivot counts", "--parents dir/./sub/./deep", "", "dir dir/sub>sub dir/sub/deep>sub/deep dir/sub/deep/w.txt>sub/deep/w.txt"},
		{"with a pattern", "--parents */x.go", "", ". dir>dir dir/x.go>dir/x.go dir2>dir2 dir2/x.go>dir2/x.go"},
		{"two stars are any number", "--parents **/*.go", "", ". dir>dir dir/sub>dir/sub dir/sub/z.go>dir/sub/z.go dir/x.go>dir/x.go dir2>dir2 dir2/x.go>dir2/x.go"},
		{"patterns before the pivot", "--parents di*/./x.go", "", "dir dir/x.go>x.go dir2 dir2/x.go>x.go"},
		{"missing with parents", "--parents dir/nope", "", `"/dir/nope": not found`},
		{"missing pattern with parents", "--parents dir/nope*", "", "."},
		{"excluded with parents", "--parents --exclude=dir2 **/*.go", "", ". dir>dir dir/sub>dir/sub dir/sub/z.go>dir/sub/z.go dir/x.go>dir/x.go"},

		{"ignored file", "a.txt", "*.txt", `"/a.txt": not found: it is there, but .dockerignore leaves it out`},
		{"ignored is as if it were not there", "*.txt", "a.txt arr*", "b.txt=b.txt"},
		{"ignored in a directory", "dir2", "**/*.go", "dir2 dir2/q>q"},
		{"ignored directory", "dir2", "dir2", `"/dir2": not found: it is there, but .dockerignore leaves it out`},
		{"all but", ".", "* !dir2", ". dir2>dir2 dir2/q>dir2/q dir2/x.go>dir2/x.go"},
		{"all but something deep", ".", "* !dir/sub/z.go", ". dir>dir dir/sub>dir/sub dir/sub/z.go>dir/sub/z.go"},
		{"a pattern finds what is not ignored in ignored directories", "d*", "* !dir/sub/z.go", "dir dir/sub>sub dir/sub/z.go>sub/z.go"},
		{"named through an ignored directory", "dir/sub/z.go", "dir !dir/sub/z.go", "dir/sub/z.go=z.go"},
		{"a link to what is ignored", "link", "a.txt", `"/link": not found: it is there, but .dockerignore leaves it out`},
		{"order counts", ".", "* !dir2 dir2/x.go", ". dir2>dir2 dir2/q>dir2/q"},
		{"ignored with parents", "--parents dir/sub/z.go", "dir", `"/dir/sub/z.go": not found: it is there, but .dockerignore leaves it out`},
		{"a bad ignore file", "a.txt", "[", ".dockerignore: syntax error in pattern"},
	} {
		src := Sources{}
		for _, f := range strings.Fields(c.src) {
			if f == "--parents" {
				src.Parents = true
			} else if p, ok := strings.CutPrefix(f, "--exclude="); ok {
				src.Exclude = append(src.Exclude, p)
			} else {
				src.Paths = append(src.Paths, f)
			}
		}
		got := show(t, &Tree{Root: root, Ignore: strings.Fields(c.ignored), IgnoreFile: ".dockerignore"}, src)
		if got != c.want {
			t.Errorf("%s: COPY %s\n got %s\nwant %s", c.name, c.src, got, c.want)
		}
	}
}

func TestDigest(t *testing.T) {
	digest := func(change func(root string)) string {
		root := plant(t, sample)
		change(root.Name())
		_, d, err := (&Tree{Root: root}).Select(t.Context(), Sources{Paths: []string{"dir", "a.txt"}})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	base := digest(func(string) {})
	same := map[string]func(string){
		"nothing":        func(string) {},
		"times":          func(r string) { must(os.Chtimes(r+"/dir/x.go", epoch, epoch)) },
		"something else": func(r string) { must(os.WriteFile(r+"/b.txt", nil, 0o600)) },
		"a socket":       func(r string) { must(mksocket(r + "/dir/sock")) },
		"written the same": func(r string) {
			must(os.Remove(r + "/a.txt"))
			must(os.WriteFile(r+"/a.txt", []byte("content of a.txt"), 0o644))
		},
		"a link to a.txt":   func(r string) { must(os.Link(r+"/a.txt", r+"/other")) },
		"the context moves": func(r string) { must(os.Chmod(r, 0o700)) },
	}
	for name, change := range same {
		if digest(change) != base {
			t.Errorf("%s: another digest", name)
		}
	}
	seen := map[string]string{base: "nothing"}
	for name, change := range map[string]func(string){
		"content":        func(r string) { must(os.WriteFile(r+"/a.txt", []byte("content of A.txt"), 0o644)) },
		"mode":           func(r string) { must(os.Chmod(r+"/a.txt", 0o755)) },
		"directory mode": func(r string) { must(os.Chmod(r+"/dir/sub", 0o700)) },
		"source's mode":  func(r string) { must(os.Chmod(r+"/dir", 0o700)) },
		"name":           func(r string) { must(os.Rename(r+"/dir/x.go", r+"/dir/x2.go")) },
		"link":           func(r string) { must(os.Remove(r + "/dir/self")); must(os.Symlink("..", r+"/dir/self")) },
		"kind": func(r string) {
			must(os.Remove(r + "/dir/self"))
			must(os.WriteFile(r+"/dir/self", []byte("."), 0o777))
		},
		"more":      func(r string) { must(os.WriteFile(r+"/dir/new", nil, 0o644)) },
		"less":      func(r string) { must(os.Remove(r + "/dir/sub/z.go")) },
		"directory": func(r string) { must(os.Mkdir(r+"/dir/newdir", 0o755)) },
	} {
		d := digest(change)
		if old, ok := seen[d]; ok {
			t.Errorf("%s: the same digest as %s", name, old)
		}
		seen[d] = name
	}
	if len(base) != len("sha256:")+64 {
		t.Errorf("digest %q", base)
	}
}

func TestUnreadable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root reads everything")
	}
	root := plant(t, sample)
	for _, name := range []string{"/dir2", "/a.txt"} {
		if err := os.Chmod(root.Name()+name, 0); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(root.Name()+name, 0o755)
	}
	for src, want := range map[string]string{
		"a.txt": `read "/a.txt": permission denied: make it readable for you, or leave it out by a line in .dockerignore`,
		"dir2":  `read "/dir2": permission denied: make it readable`,
		".":     `read "/`,
	} {
		_, _, err := (&Tree{Root: root}).Select(t.Context(), Sources{Paths: []string{src}})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %q", src, err, want)
		}
	}
	if _, _, err := (&Tree{Root: root, Ignore: []string{"dir2", "a.txt"}}).Select(t.Context(), Sources{Paths: []string{"."}}); err != nil {
		t.Errorf("what is ignored need not be readable: %v", err)
	}
}

func TestDevicesAreRefused(t *testing.T) {
	dev, err := os.Open("/dev")
	if err != nil {
		t.Skip(err)
	}
	defer dev.Close()
	if _, err := (&Tree{Root: dev}).List(t.Context(), Sources{Paths: []string{"null"}}); err == nil || !strings.Contains(err.Error(), `"/null" is a device`) {
		t.Errorf("%v", err)
	}
}

func TestBothWaysToOpen(t *testing.T) {
	root := plant(t, sample)
	list := func() string { return show(t, &Tree{Root: root}, Sources{Paths: []string{"/"}}) }
	fast := list()
	withoutOpenat2(t)
	if slow := list(); slow != fast || !strings.Contains(fast, "dir/sub/deep/w.txt") {
		t.Errorf("without openat2 %s\nwith %s", slow, fast)
	}
}

// TestBusyDirectory: files that come and go elsewhere in the context do not fail a build.
func TestBusyDirectory(t *testing.T) {
	root := plant(t, sample)
	stop := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			path := filepath.Join(root.Name(), "dir", "swap"+strconv.Itoa(i%50))
			_ = os.WriteFile(path, []byte("x"), 0o600)
			time.Sleep(50 * time.Microsecond)
			_ = os.Remove(path)
		}
	})
	seen := map[string]bool{}
	for range 300 {
		entries, d, err := (&Tree{Root: root}).Select(t.Context(), Sources{Paths: []string{"dir"}})
		if err != nil {
			t.Error(err)
			break
		}
		seen[fmt.Sprint(len(entries))+d] = true
	}
	close(stop)
	group.Wait()
	if len(seen) < 2 {
		t.Error("nothing came or went")
	}
}
