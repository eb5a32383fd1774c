package logs

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"
)

// BenchmarkFollow: from the write of a line to its coming out of a follower,
// once a millisecond, alone and beside a service that writes lines without a
// pause. The metrics to look at are p50-us and p99-us.
func BenchmarkFollow(b *testing.B) {
	for _, busy := range []bool{false, true} {
		name := map[bool]string{false: "alone", true: "busy"}[busy]
		b.Run(name, func(b *testing.B) {
			root := b.TempDir()
			m := openMover(b, root, MoverOptions{})
			s := addService(b, m, root, "quiet-1", 0, 0)
			r, w, err := os.Pipe()
			if err != nil {
				b.Fatal(err)
			}
			defer r.Close()
			defer w.Close()
			f, err := NewFollower(w, w, Format{Prefix: true})
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- f.Run(ctx) }()
			f.Add(sourceOf(s), Query{Follow: true, Tail: -1})
			if busy {
				loud := startWriter(b, addService(b, m, root, "loud-1", 0, 0).stdout, 100, 1<<40)
				defer loud.Wait()
				defer loud.Process.Kill()
			}
			buf := make([]byte, 100)
			var took []float64
			for b.Loop() {
				time.Sleep(time.Millisecond)
				began := time.Now()
				if _, err := s.stdout.WriteString("a line\n"); err != nil {
					b.Fatal(err)
				}
				if _, err := r.Read(buf); err != nil {
					b.Fatal(err)
				}
				took = append(took, float64(time.Since(began).Nanoseconds())/1e3)
			}
			cancel()
			<-ended
			slices.Sort(took)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(took[len(took)/2], "p50-us")
			b.ReportMetric(took[len(took)*99/100], "p99-us")
		})
	}
}
