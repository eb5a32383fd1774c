package logs

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// cpuTime is what all threads of this process have used, in microseconds.
func cpuTime(b *testing.B) float64 {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e3
}

// BenchmarkAdd: the streams of a container that writes nothing, or one line to
// standard output, from Add to Remove. The metric to look at is cpu-us/op.
func BenchmarkAdd(b *testing.B) {
	for _, text := range []string{"", "one line\n"} {
		b.Run(fmt.Sprintf("%dbytes", len(text)), func(b *testing.B) {
			root := b.TempDir()
			m := openMover(b, root, MoverOptions{})
			var r, w [2]*os.File
			for i := range r {
				var err error
				if r[i], w[i], err = NewPipe(); err != nil {
					b.Fatal(err)
				}
				defer r[i].Close()
				defer w[i].Close()
			}
			n, used := 0, 0.0
			for b.Loop() {
				dir := logDir(root, fmt.Sprintf("service-%d", n))
				n++
				// The supervisor has made the container's directory.
				if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
					b.Fatal(err)
				}
				before := cpuTime(b)
				for i, name := range []string{"stdout", "stderr"} {
					if err := m.Add(Stream{Dir: dir, Name: name, Pipe: r[i]}); err != nil {
						b.Fatal(err)
					}
				}
				if text != "" {
					if _, err := w[0].WriteString(text); err != nil {
						b.Fatal(err)
					}
				}
				drainAll(b, m, dir)
				m.Remove(dir)
				used += cpuTime(b) - before
			}
			b.ReportMetric(used/float64(n), "cpu-us/op")
		})
	}
}
