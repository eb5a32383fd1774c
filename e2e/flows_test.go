package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	traffic "github.com/mocker-compose/mocker-compose/bench/load"
)

// trafficAgent carries out orders of package load somewhere.
type trafficAgent struct {
	orders  *json.Encoder
	results *json.Decoder
}

func (a trafficAgent) do(o traffic.Order) (r traffic.Result, err error) {
	if err = a.orders.Encode(o); err == nil {
		err = a.results.Decode(&r)
	}
	if err == nil && r.Error != "" {
		err = errors.New(r.Error)
	}
	return r, err
}

// hostAgent is one in this process.
func hostAgent(t *testing.T) trafficAgent {
	t.Helper()
	in, orders := io.Pipe()
	results, out := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := traffic.Agent(in, out); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { orders.Close(); <-done })
	return trafficAgent{json.NewEncoder(orders), json.NewDecoder(results)}
}

// serviceAgent is one in a service.
func (s *scenario) serviceAgent(service string) trafficAgent {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := s.command(ctx, "exec", "-T", service, "./probe", "traffic", "agent")
	cmd.Stderr = os.Stderr
	orders, err := cmd.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	results, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		orders.Close()
		_ = cmd.Wait() // how it ends is not what is tested
		cancel()
	})
	return trafficAgent{json.NewEncoder(orders), json.NewDecoder(results)}
}

// burden is what a process has: descriptors, and resident memory in bytes.
type burden struct{ files, memory int }

func burdenOf(t *testing.T, pid int) (b burden) {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Skipf("the supervisor's open files cannot be counted: %v", err)
	}
	b.files = len(entries)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		var kib int
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kib); n == 1 {
			b.memory = kib << 10
		}
	}
	return b
}

// Connections and flows by the thousand, in and out, while names are asked: all
// are carried, and what they cost the supervisor has a bound and is given back.
func TestManyFlowsAtOnce(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	n := number(t, "MOCKER_TEST_FLOWS", 600)
	s := w.begin(t, `
services:
  server: { command: "./probe traffic serve :7000", ports: ["127.0.0.1:20700:7000", "127.0.0.1:20700:7000/udp"] }
  client: { command: ./probe pause }
  asker: { command: ./probe pause }
`)
	s.must("up", "-d")
	host, client, asker := hostAgent(t), s.serviceAgent("client"), s.serviceAgent("asker")
	s.eventually("the server answers", func() bool {
		_, err := host.do(traffic.Order{Verb: "connect", Addr: "127.0.0.1:20700"})
		return err == nil
	})
	pid := s.supervisorPID()
	before := burdenOf(t, pid)

	asked := make(chan error, 1)
	go func() {
		r, err := asker.do(traffic.Order{Verb: "dns", Addr: "127.0.0.11:53", Name: "server.", For: 5 * time.Second, Count: 8})
		if err == nil && r.Count == 0 {
			err = errors.New("no name was answered meanwhile")
		}
		asked <- err
	}()
	opened := make(chan error, 2)
	open := func(a trafficAgent, tcp, udp string) {
		_, err := a.do(traffic.Order{Verb: "hold", Addr: tcp, Count: n / 4})
		if err == nil {
			_, err = a.do(traffic.Order{Verb: "flows", Addr: udp, Count: n / 4})
		}
		opened <- err
	}
	go open(host, "127.0.0.1:20700", "127.0.0.1:20700")
	go open(client, w.addr("echo4"), w.addr("echo4"))
	for range 2 {
		if err := <-opened; err != nil {
			t.Error(err)
		}
	}
	if err := <-asked; err != nil {
		t.Error(err)
	}
	if t.Failed() {
		return
	}

	held := burdenOf(t, s.sameSupervisor(pid))
	// Two for each connection and for each flow to the outside, one for one from there.
	flows := 3 * (n / 4)
	const spareFiles, perFlow, spareMemory = 300, 64 << 10, 32 << 20 // pipes and sockets made beforehand; generous
	if most := before.files + 2*(n/2) + flows + spareFiles; held.files > most || held.files < before.files+n {
		t.Errorf("%d descriptors for %d connections and %d flows, %d before", held.files, n/2, n/2, before.files)
	}
	if grown := held.memory - before.memory; grown > n*perFlow+spareMemory {
		t.Errorf("the supervisor has grown by %d KiB for %d", grown>>10, n)
	}
	t.Logf("%d: %d descriptors and %d KiB more", n, held.files-before.files, (held.memory-before.memory)>>10)
	for _, a := range []trafficAgent{host, client} { // there is room for others
		if _, err := a.do(traffic.Order{Verb: "ping", Addr: map[bool]string{true: "127.0.0.1:20700", false: "server:7000"}[a == host]}); err != nil {
			t.Error(err)
		}
		if _, err := a.do(traffic.Order{Verb: "drop"}); err != nil {
			t.Error(err)
		}
	}
	// Flows of UDP stay for a while, as nobody says that they are over.
	s.eventually("the connections are given back", func() bool {
		return burdenOf(t, s.sameSupervisor(pid)).files <= before.files+flows+spareFiles
	})
}

// sameSupervisor is the supervisor, which must still be the one that it was.
func (s *scenario) sameSupervisor(pid int) int {
	s.t.Helper()
	if now := s.supervisorPID(); now != pid {
		s.t.Fatalf("the supervisor has died under it: %d, before %d", now, pid)
	}
	return pid
}
