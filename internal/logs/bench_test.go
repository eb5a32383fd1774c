package logs

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// benchWrite in the environment makes this binary a service: "SIZE COUNT"
// writes to standard output, in a process of its own as real ones are.
const benchWrite = "LOGS_TEST_WRITE"

func benchWriter(spec string) {
	var size, count int
	if _, err := fmt.Sscan(spec, &size, &count); err != nil {
		os.Exit(2)
	}
	b := benchLines(size)
	for range count {
		for rest := b; len(rest) > 0; {
			n, err := unix.Write(1, rest)
			if err != nil {
				os.Exit(1)
			}
			rest = rest[n:]
		}
	}
}

// benchLines is size bytes in lines of 100.
func benchLines(size int) []byte {
	line := append(bytes.Repeat([]byte("x"), 99), '\n')
	return bytes.Repeat(line, size/100+1)[:size-size%100]
}

func startWriter(b *testing.B, w *os.File, size, count int) *exec.Cmd {
	b.Helper()
	c := exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), benchWrite+"="+strconv.Itoa(size)+" "+strconv.Itoa(count))
	c.Stdout = w
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	return c
}

// BenchmarkInput: one service's output into files, beside cat doing it, in
// turns. The metric to look at is of-cat.
func BenchmarkInput(b *testing.B) {
	for _, c := range []struct {
		name        string
		size, count int
	}{{"64KiB", 64 << 10, 6000}, {"4KiB", 4 << 10, 60_000}, {"line", 100, 400_000}} {
		b.Run(c.name, func(b *testing.B) {
			var ours, cats []float64
			for b.Loop() {
				cats = append(cats, inputByCat(b, c.size, c.count))
				ours = append(ours, inputByMover(b, c.size, c.count))
			}
			report(b, ours, cats)
		})
	}
}

// report gives medians of MB/s.
func report(b *testing.B, ours, cats []float64) {
	slices.Sort(ours)
	slices.Sort(cats)
	o, c := ours[len(ours)/2], cats[len(cats)/2]
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(o, "MB/s")
	b.ReportMetric(c, "cat-MB/s")
	b.ReportMetric(o/c, "of-cat")
}

func rate(bytes int, since time.Time) float64 {
	return float64(bytes) / 1e6 / time.Since(since).Seconds()
}

func inputByCat(b *testing.B, size, count int) float64 {
	r, w, err := NewPipe()
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	f, err := os.Create(filepath.Join(b.TempDir(), "cat"))
	if err != nil {
		b.Fatal(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	cat := exec.Command("cat")
	cat.Stdin, cat.Stdout = r, f
	if err := cat.Start(); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	c := startWriter(b, w, size, count)
	w.Close()
	if err := c.Wait(); err != nil {
		b.Fatal(err)
	}
	if err := cat.Wait(); err != nil {
		b.Fatal(err)
	}
	return rate(size/100*100*count, began)
}

func inputByMover(b *testing.B, size, count int) float64 {
	root, err := os.MkdirTemp(b.TempDir(), "")
	if err != nil {
		b.Fatal(err)
	}
	defer os.RemoveAll(root)
	m := openMover(b, root, MoverOptions{})
	defer m.Close()
	dir := logDir(root, "a-1")
	w := addStream(b, m, Stream{Dir: dir, Name: "stdout", Bounds: Bounds{MaxFiles: 100}})
	began := time.Now()
	c := startWriter(b, w, size, count)
	if err := c.Wait(); err != nil {
		b.Fatal(err)
	}
	drainAll(b, m, dir)
	return rate(size/100*100*count, began)
}

// BenchmarkOutput: five services of 100 MB, merged and prefixed, beside cat of
// their files; both into a pipe to cat.
func BenchmarkOutput(b *testing.B) {
	const perService = 100 << 20
	for _, c := range []struct {
		name string
		f    Format
	}{
		{"prefix", Format{Prefix: true}},
		{"timestamps", Format{Prefix: true, Timestamps: true}},
		{"terminal", Format{Prefix: true, Color: true, Terminal: true}},
		{"raw", Format{Raw: true}},
	} {
		b.Run(c.name, func(b *testing.B) {
			root := b.TempDir()
			sources, files := outputFiles(b, root, perService)
			var ours, cats []float64
			for b.Loop() {
				began := time.Now()
				toCat(b, func(w *os.File) error {
					cat := exec.Command("cat", files...)
					cat.Stdout = w
					return cat.Run()
				})
				cats = append(cats, rate(5*perService, began))
				began = time.Now()
				toCat(b, func(w *os.File) error {
					return Print(b.Context(), w, w, sources, Query{Tail: -1}, c.f)
				})
				ours = append(ours, rate(5*perService, began))
			}
			report(b, ours, cats)
		})
	}
}

func outputFiles(b *testing.B, root string, size int) (sources []Source, files []string) {
	b.Helper()
	m := openMover(b, root, MoverOptions{})
	defer m.Close()
	text := benchLines(64 << 10)
	var services []*service
	for i := range 5 {
		s := addService(b, m, root, fmt.Sprintf("service%d-1", i), 32<<20, 100)
		services = append(services, s)
		sources = append(sources, sourceOf(s))
	}
	for range size / len(text) {
		for _, s := range services {
			if _, err := s.stdout.Write(text); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, s := range services {
		drainAll(b, m, s.dir)
		names, err := filepath.Glob(s.dir + "/*" + logSuffix)
		if err != nil {
			b.Fatal(err)
		}
		files = append(files, names...)
	}
	return sources, files
}

// toCat runs f with a pipe whose other end cat reads.
func toCat(b *testing.B, f func(w *os.File) error) {
	b.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	cat := exec.Command("cat")
	cat.Stdin = r
	if err := cat.Start(); err != nil {
		b.Fatal(err)
	}
	r.Close()
	err = f(w)
	w.Close()
	if err != nil {
		b.Fatal(err)
	}
	if err := cat.Wait(); err != nil {
		b.Fatal(err)
	}
}
