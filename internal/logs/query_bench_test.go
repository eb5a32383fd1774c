package logs

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// BenchmarkQuery: five services of 40 MB in lines as servers write them, of which 1 in
// 1000 is an error; what is asked for goes into a pipe to cat. of-cat compares with cat
// of the same files. Lines of 104 bytes, moved in blocks of 64 KiB.
func BenchmarkQuery(b *testing.B) {
	const perService = 40 << 20
	root := b.TempDir()
	m := openMover(b, root, MoverOptions{})
	var text bytes.Buffer
	for n := 0; text.Len() < 1<<20; n++ {
		level := "INFO "
		if n%1000 == 999 {
			level = "ERROR"
		}
		fmt.Fprintf(&text, "2026-01-02T15:04:05.%06dZ %s app::server: request served in 12 ms from the cache, status=200 bytes=17\n", n%1000000, level)
	}
	var sources []Source
	var files []string
	for i := range 5 {
		s := addService(b, m, root, fmt.Sprintf("service%d-1", i), 64<<20, 100)
		for range perService / text.Len() {
			if _, err := s.stdout.Write(text.Bytes()); err != nil {
				b.Fatal(err)
			}
		}
		drainAll(b, m, s.dir)
		sources = append(sources, sourceOf(s))
		files = append(files, s.dir+"/"+logFile("stdout", 1))
	}
	m.Close()
	filter := func(levels string, patterns ...string) Query {
		return Query{Tail: -1, Filter: filterFor(b, levels, patterns...)}
	}
	last := filter("", "ERROR")
	last.Tail = 20
	for _, c := range []struct {
		name string
		q    Query
		f    Format
	}{
		{"all", Query{Tail: -1}, Format{Prefix: true}},
		{"grep", filter("", "ERROR"), Format{Prefix: true}},
		{"grep-any-case", filter("", "(?i)error"), Format{Prefix: true}},
		{"grep-each-line", filter("", "status=[45]"), Format{Prefix: true}},
		{"grep-no-text", filter("", `[45]\d\d bytes`), Format{Prefix: true}},
		{"grep-tail", last, Format{Prefix: true}},
		{"level", filter("error"), Format{Prefix: true}},
		{"json", Query{Tail: -1}, Format{JSON: true}},
	} {
		b.Run(c.name, func(b *testing.B) {
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
				toCat(b, func(w *os.File) error { return Print(b.Context(), w, w, sources, c.q, c.f) })
				ours = append(ours, rate(5*perService, began))
			}
			report(b, ours, cats)
		})
	}
}
