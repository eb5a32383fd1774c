package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/bench/load"
)

// way is one way of the traffic: who sends, and to where.
type way struct {
	name  string
	from  *agent
	to    string
	udpTo string   // "" = the same
	verbs []string // that are measured on it
	peer  bool     // it is not ours
	pids  []int    // of those who carry it; their processor time is taken
	cpu   time.Duration
	bytes int64
	lost  int64
	got   map[string][]load.Result // by verb, one for each round
	err   error
}

// share is how much time a verb gets in each round: so many times so long.
// Short ones are repeated, because where the kernel happens to place the
// processes makes more of a difference to them than anything that is measured.
type share struct {
	verb  string
	times int
	long  time.Duration
}

var shares = []share{
	{"bulk", 1, 400 * time.Millisecond},
	{"ping", 3, 40 * time.Millisecond},
	{"request", 3, 40 * time.Millisecond},
	{"connect", 2, 100 * time.Millisecond},
	{"udp", 3, 40 * time.Millisecond},
}

// measure visits each way with each verb in each round, one right after the
// other, so that what happens on the machine happens to all of them.
func (l *lab) measure(ctx context.Context, rounds int) error {
	for range rounds {
		for _, s := range shares {
			for range s.times {
				for _, w := range l.ways {
					if ctx.Err() != nil {
						return ctx.Err()
					}
					if w.err == nil && slices.Contains(w.verbs, s.verb) {
						w.once(s)
					}
				}
			}
		}
	}
	for _, w := range l.ways {
		if w.err != nil {
			l.skip(w.name, w.err.Error())
		}
		if w.lost > 0 {
			l.skip(w.name, fmt.Sprintf("of %d bytes it lost %d, which count as not sent", w.bytes, w.lost))
		}
	}
	return nil
}

func (w *way) once(s share) {
	o := load.Order{Verb: s.verb, Addr: w.to, For: s.long}
	if s.verb == "udp" && w.udpTo != "" {
		o.Addr = w.udpTo
	}
	before := cpuOf(w.pids)
	r, err := w.from.do(o)
	if err == nil && r.Lost != 0 && !w.peer {
		err = fmt.Errorf("%d bytes got lost", r.Lost)
	}
	if err != nil {
		w.err = err
		return
	}
	if s.verb == "bulk" {
		w.cpu += cpuOf(w.pids) - before
		w.bytes += r.Bytes
		w.lost += r.Lost
	}
	w.got[s.verb] = append(w.got[s.verb], r)
}

// cpuOf is the processor time of processes: fields 14 and 15 of proc_pid_stat(5),
// in ticks of 10 ms.
func cpuOf(pids []int) (sum time.Duration) {
	for _, pid := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		for _, field := range f[11:13] {
			n, err := strconv.Atoi(field)
			if err == nil {
				sum += time.Duration(n) * 10 * time.Millisecond
			}
		}
	}
	return sum
}

// figure reads one number from a result.
type figure func(load.Result) float64

func rate(r load.Result) float64    { return r.PerSecond() }
func latency(r load.Result) float64 { return float64(r.P50) }

// paired is the median of the ratios of two ways, round by round.
func paired(a, b *way, verb string, f figure) float64 {
	var ratios []float64
	for i := range min(len(a.got[verb]), len(b.got[verb])) {
		ratios = append(ratios, f(a.got[verb][i])/f(b.got[verb][i]))
	}
	return middle(ratios)
}

// typical is the median of a way's own figures.
func (w *way) typical(verb string, f figure) float64 {
	var all []float64
	for _, r := range w.got[verb] {
		all = append(all, f(r))
	}
	return middle(all)
}

func middle(f []float64) float64 {
	if len(f) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(f))[len(f)/2]
}
