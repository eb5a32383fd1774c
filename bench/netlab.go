package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/bench/load"
)

// lab is everything between which traffic flows: the host, a project of two
// services, and the peers, each with an agent.
type lab struct {
	*bench
	project *project
	host    *agent
	client  *agent // in a service
	outside string // where the host's server is seen from outside
	ways    []*way
	closers []func()
}

var (
	tcpVerbs = []string{"bulk", "ping", "request", "connect"}
	allVerbs = append(tcpVerbs, "udp")
)

const (
	servicePort = "7000"
	bigMTU      = 65520 // at which the peers are at their best; ours is the same
)

// openLab sets up what can be, and names what cannot.
func (b *bench) openLab(ctx context.Context) (*lab, error) {
	l := &lab{bench: b}
	server, err := l.startServer(ctx, self(ctx, "net-serve", "0.0.0.0:0", "until-eof"))
	if err != nil {
		return nil, err
	}
	if l.host, err = l.startAgent(self(ctx, "net-agent")); err != nil {
		l.close()
		return nil, err
	}
	_, port, err := net.SplitHostPort(server)
	if err != nil {
		l.close()
		return nil, err
	}
	l.addWay(&way{name: "loopback", from: l.host, to: "127.0.0.1:" + port, verbs: allVerbs})
	if a, err := hostAddress(); err != nil {
		b.skip("service to the outside", err.Error())
	} else {
		l.outside = netip.AddrPortFrom(a, 0).Addr().String() + ":" + port
	}
	if err := l.openProject(ctx); err != nil {
		l.close()
		return nil, err
	}
	l.openPeers(ctx)
	return l, nil
}

func (l *lab) close() {
	for i := len(l.closers) - 1; i >= 0; i-- {
		l.closers[i]()
	}
}

func (l *lab) startAgent(cmd *exec.Cmd) (*agent, error) {
	a, err := startAgent(cmd)
	if err == nil {
		l.closers = append(l.closers, a.close)
	}
	return a, err
}

// startServer starts a server and returns the address that it prints.
func (l *lab) startServer(ctx context.Context, cmd *exec.Cmd) (string, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	l.closers = append(l.closers, func() {
		in.Close()
		_ = cmd.Wait() // how it ends does not matter
	})
	var addr string
	if _, err := fmt.Fscanln(out, &addr); err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, stderr.String())
	}
	return addr, ctx.Err()
}

func (l *lab) addWay(w *way) {
	w.got = map[string][]load.Result{}
	l.ways = append(l.ways, w)
}

func (l *lab) way(name string) *way {
	for _, w := range l.ways {
		if w.name == name {
			return w
		}
	}
	return nil
}

// hostAddress is the address that the host has for the outside: that of the
// route to anywhere (nothing is sent), else any that is not its loopback's.
func hostAddress() (netip.Addr, error) {
	if c, err := net.Dial("udp4", "198.51.100.1:9"); err == nil {
		defer c.Close()
		return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr(), nil
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return netip.Addr{}, err
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && p.Addr().IsGlobalUnicast() {
			return p.Addr(), nil
		}
	}
	return netip.Addr{}, errors.New("the host has no address but its loopback's")
}

const netServices = `  server: { image: ROOT, command: [/bin/bench, net-serve, ":` + servicePort + `"], ports: ["127.0.0.1::` + servicePort + `"%s] }
  client: { image: ROOT, command: /bin/sleep 1000 }
`

// openProject starts the services, and finds out what they can.
func (l *lab) openProject(ctx context.Context) error {
	p, err := l.bench.project("net", fmt.Sprintf(netServices, fmt.Sprintf(`, "127.0.0.1::%s/udp"`, servicePort)))
	if err != nil {
		return err
	}
	l.project = p
	if _, err := p.run(ctx, "up", "-d"); err != nil {
		return err
	}
	l.closers = append(l.closers, func() {
		if _, err := p.run(context.WithoutCancel(ctx), "down", "-t", "0"); err != nil {
			l.skip("net: down", err.Error())
		}
	})
	if l.client, err = l.startAgent(p.command(ctx, "exec", "-T", "client", "/bin/bench", "net-agent")); err != nil {
		return err
	}
	supervisor, err := processes(p.compose, "supervisor", p.name)
	if err != nil {
		return err
	}
	l.addWay(&way{name: "service to service", from: l.client, to: "server:" + servicePort, verbs: allVerbs})
	published := &way{name: "published port", from: l.host, verbs: allVerbs, pids: supervisor}
	if published.to, err = p.portOf(ctx, "server", servicePort+"/tcp"); err != nil {
		return err
	}
	if published.udpTo, err = p.portOf(ctx, "server", servicePort+"/udp"); err != nil {
		published.verbs = tcpVerbs
		l.skip("published port, UDP", err.Error())
	}
	l.addWay(published)
	if l.outside != "" {
		l.addWay(&way{name: "service to the outside", from: l.client, to: l.outside, verbs: allVerbs, pids: supervisor})
	}
	return await(ctx, l.client, "server:"+servicePort)
}

// await returns when the server answers to the agent.
func await(ctx context.Context, from *agent, addr string) error {
	for {
		_, err := from.do(load.Order{Verb: "connect", Addr: addr})
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// portOf asks where a port of a service is published.
func (p *project) portOf(ctx context.Context, service, port string) (string, error) {
	number, protocol, _ := strings.Cut(port, "/")
	out, err := p.command(ctx, "port", "--protocol", protocol, service, number).Output()
	if err != nil {
		return "", fmt.Errorf("port %s %s: %w: %s", service, port, err, failure(err))
	}
	return strings.TrimSpace(string(out)), nil
}

// peersProgram builds the program that runs the peers that are libraries. It is
// a module of its own, with what it needs.
func (l *lab) peersProgram(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute) // once: then Go has the objects
	defer cancel()
	path := filepath.Join(l.dir, "peers")
	cmd := exec.CommandContext(ctx, "go", "build", "-C", "bench/peers", "-trimpath", "-o", path, ".")
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build bench/peers: %w: %s", err, lastLine(out))
	}
	return path, nil
}

func lastLine(b []byte) string {
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return lines[len(lines)-1]
}
