package main

import (
	"strings"
	"testing"
	"time"
)

func TestReport(t *testing.T) {
	ms := func(n ...int) (d []time.Duration) {
		for _, m := range n {
			d = append(d, time.Duration(m)*time.Millisecond)
		}
		return d
	}
	b := &bench{}
	b.ratio("a", ms(9, 2, 4), ms(2, 2, 3), 2)
	b.ratio("b", ms(5), ms(2), 2)
	b.speed("c", 1e6, ms(20), ms(10), 0.5)
	b.speed("d", 1e6, ms(30), ms(10), 0.5)
	b.absolute("e", 0.2, 0.3, "s")
	b.skip("f", "no such program\n")
	var out strings.Builder
	b.report(&out)
	want := `what  ours     other     ratio  bound    
a     4.00 ms  2.00 ms   2.00   ≤ 2.00   reached
b     5.00 ms  2.00 ms   2.50   ≤ 2.00   MISSED
c     50 MB/s  100 MB/s  0.50   ≥ 0.50   reached
d     33 MB/s  100 MB/s  0.33   ≥ 0.50   MISSED
e     0.2 s    -         -      ≤ 0.3 s  reached
not measured: f: no such program
`
	if out.String() != want {
		t.Errorf("report:\n%s\nwant:\n%s", out.String(), want)
	}
	if b.missed != 2 {
		t.Errorf("%d missed, want 2", b.missed)
	}
}
