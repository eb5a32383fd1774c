package main

import (
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/bench/load"
)

// resolver asks for a name from inside a service: one question after the other,
// and many at once.
func (l *lab) resolver() error {
	var one, many []load.Result
	for range l.runs {
		for count, to := range map[int]*[]load.Result{1: &one, 32: &many} {
			r, err := l.client.do(load.Order{Verb: "dns", Addr: "127.0.0.11:53", Name: "server.", For: 200 * time.Millisecond, Count: count})
			if err != nil {
				return fmt.Errorf("resolver: %w", err)
			}
			*to = append(*to, r)
		}
	}
	w := &way{got: map[string][]load.Result{"one": one, "many": many}}
	l.add(row{what: "resolver, one client, 32 questions under way, answers per second", ours: fmt.Sprintf("%.0f", w.typical("many", rate)), other: "-",
		ratio: w.typical("many", rate), bound: 20000, atLeast: true, unit: "/s"})
	l.add(row{what: "resolver, one client, one question at a time, answers per second", ours: fmt.Sprintf("%.0f", w.typical("one", rate)), other: "-",
		ratio: w.typical("one", rate), told: true, unit: "/s"})
	p99 := func(r load.Result) float64 { return float64(r.P99) }
	l.absolute("resolver, one question at a time, p99", w.typical("one", p99)/1e6, 1, "ms")
	return nil
}
