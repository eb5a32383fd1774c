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
	pids  []int    // of those who carry it; their processor time is taken
	cpu   time.Duration
	bytes int64
	got   map[string][]load.Result // by verb, one for each round
	err   error
}

// durations of one measurement.
var durations = map[string]time.Duration{
	"bulk": 400 * time.Millisecond, "ping": 120 * time.Millisecond,
	"connect": 200 * time.Millisecond, "udp": 120 * time.Millisecond,
}

// measure takes each verb of each way once per round, one right after the other,
// so that what happens on the machine happens to all of them.
func (l *lab) measure(ctx context.Context, rounds int) error {
	for range rounds {
		for _, verb := range []string{"bulk", "ping", "connect", "udp"} {
			for _, w := range l.ways {
				if w.err != nil || !slices.Contains(w.verbs, verb) {
					continue
				}
				if ctx.Err() != nil {
					return ctx.Err()
				}
				w.once(verb)
			}
		}
	}
	for _, w := range l.ways {
		if w.err != nil {
			l.skip(w.name, w.err.Error())
		}
	}
	return nil
}

func (w *way) once(verb string) {
	o := load.Order{Verb: verb, Addr: w.to, For: durations[verb]}
	if verb == "udp" && w.udpTo != "" {
		o.Addr = w.udpTo
	}
	before := cpuOf(w.pids)
	r, err := w.from.do(o)
	if err != nil {
		w.err = err
		return
	}
	if verb == "bulk" {
		w.cpu += cpuOf(w.pids) - before
		w.bytes += r.Bytes
	}
	w.got[verb] = append(w.got[verb], r)
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
