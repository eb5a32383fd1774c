package main

import (
	"context"
	"fmt"
	"time"
)

// benchNet measures what the network carries, beside what others carry
// (docs/benchmarks.md): first everything is set up, then each round visits all.
func benchNet(ctx context.Context, b *bench) error {
	l, err := b.openLab(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	if err := l.measure(ctx, b.runs); err != nil {
		return err
	}
	l.across()
	l.in()
	l.out()
	return l.resolver()
}

func (l *lab) across() {
	ours, bare := l.way("service to service"), l.way("bare veth and bridge")
	l.compareSpeed("service to service, one TCP stream", ours, bare, 0.95)
	l.compareTime("service to service, 64 bytes there and back", ours, bare, "ping", 1/0.95)
	l.compareTime("service to service, UDP there and back", ours, bare, "udp", 1/0.95)
}

func (l *lab) in() {
	ours, loop, rk := l.way("published port"), l.way("loopback"), l.way("rootlesskit's builtin driver")
	l.compareSpeed("published port, one TCP stream", ours, loop, 0.5)
	l.compareSpeed("published port, one TCP stream", ours, rk, 1)
	l.compareTime("published port, request by HTTP", ours, loop, "request", 2.5)
	l.compareTime("published port, 64 bytes there and back", ours, loop, "ping", 2.5)
	l.compareTime("published port, 64 bytes there and back", ours, rk, "ping", 0)
	l.compareTime("published port, UDP there and back", ours, loop, "udp", 2.5)
	l.compareTime("published port, connect, one byte, close", ours, loop, "connect", 0)
	l.compareTime("published port, connect, one byte, close", ours, rk, "connect", 0)
	l.processor("published port", ours, rk)
}

func (l *lab) out() {
	ours, loop := l.way("service to the outside"), l.way("loopback")
	const stream = "service to the outside, one TCP stream"
	l.compareSpeed(stream, ours, loop, 0.5)
	l.compareSpeed(stream, ours, l.way("slirp4netns"), 3)
	l.compareSpeed(stream, ours, l.way("gvisor-tap-vsock"), 3)
	l.compareSpeed(stream, ours, l.way("pasta"), 1)
	l.compareTime("service to the outside, request by HTTP", ours, loop, "request", 0)
	l.compareTime("service to the outside, 64 bytes there and back", ours, loop, "ping", 0)
	l.compareTime("service to the outside, UDP there and back", ours, loop, "udp", 2.5)
	l.compareTime("service to the outside, connect, one byte, close", ours, loop, "connect", 0)
	for _, peer := range []string{"slirp4netns", "gvisor-tap-vsock", "pasta"} {
		l.processor("service to the outside", ours, l.way(peer))
	}
}

// compareSpeed adds a row about one stream. bound 0: it is told, not judged.
func (l *lab) compareSpeed(what string, ours, other *way, bound float64) {
	if !measured(ours, other, "bulk") {
		return
	}
	l.add(row{
		what: what + ", against " + other.name, ours: gigabits(ours.typical("bulk", rate)), other: gigabits(other.typical("bulk", rate)),
		ratio: paired(ours, other, "bulk", rate), bound: bound, atLeast: true, told: bound == 0,
	})
}

// compareTime adds a row about the time of one round trip.
func (l *lab) compareTime(what string, ours, other *way, verb string, bound float64) {
	if !measured(ours, other, verb) {
		return
	}
	l.add(row{
		what: what + ", against " + other.name, ours: micro(ours.typical(verb, latency)), other: micro(other.typical(verb, latency)),
		ratio: paired(ours, other, verb, latency), bound: bound, told: bound == 0,
	})
}

// processor adds a row about the time of the processes that carry, per 10^9 bytes.
func (l *lab) processor(what string, ours, other *way) {
	if !measured(ours, other, "bulk") || len(ours.pids) == 0 || len(other.pids) == 0 {
		return
	}
	per := func(w *way) float64 { return w.cpu.Seconds() / (float64(w.bytes) / 1e9) }
	l.add(row{
		what: what + ", processor per GB, against " + other.name, ours: fmt.Sprintf("%.2f s", per(ours)), other: fmt.Sprintf("%.2f s", per(other)),
		ratio: per(ours) / per(other), told: true,
	})
}

func measured(a, b *way, verb string) bool {
	return a != nil && b != nil && len(a.got[verb]) > 0 && len(b.got[verb]) > 0
}

func gigabits(bytesPerSecond float64) string { return fmt.Sprintf("%.1f Gb/s", bytesPerSecond*8/1e9) }

func micro(ns float64) string { return fmt.Sprintf("%.0f µs", ns/float64(time.Microsecond)) }
