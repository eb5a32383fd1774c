package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// netBase is a root file system with real servers and tools of the network. It is
// made before there is a world, in which no mirror can be reached.
func netBase(t *testing.T) string {
	t.Helper()
	return baseLayer(t, "nginx-light", "unbound", "dnsmasq-base", "iputils-ping", "tcpdump")
}

// netImages loads an image for each of the servers.
func netImages(t *testing.T, s *scenario) {
	t.Helper()
	env := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	archive := filepath.Join(filepath.Dir(s.dir), "images.tar")
	writeImages(t, archive, netBase(t),
		imagetest.Image{Names: []string{"nginx:net"}, Config: imagetest.Config{Env: env, Cmd: []string{"nginx", "-g", "daemon off;"}, ExposedPorts: imagetest.Set("80/tcp"), StopSignal: "SIGQUIT"}},
		imagetest.Image{Names: []string{"unbound:net"}, Config: imagetest.Config{Env: env, Cmd: []string{"unbound", "-d", "-p"}, ExposedPorts: imagetest.Set("53/tcp", "53/udp")}},
		imagetest.Image{Names: []string{"dnsmasq:net"}, Config: imagetest.Config{Env: env, Entrypoint: []string{"dnsmasq", "--keep-in-foreground", "--log-facility=-"}, ExposedPorts: imagetest.Set("53/tcp", "53/udp")}},
	)
	s.must("image", "load", "-i", archive)
	if err := os.Remove(archive); err != nil {
		t.Fatal(err)
	}
}

// nginx behind a published port logs the address of who came: of a machine
// elsewhere, in both families, and of the host itself.
func TestNginxLogsClients(t *testing.T) {
	if os.Getenv(insideEnv) == "" {
		netBase(t)
	}
	w := lonelyWorld(t, true)
	if w == nil {
		return
	}
	if !w.plain {
		t.Skip("nginx changes to a user of its own: more than one id is needed")
	}
	s := w.begin(t, `
services:
  web:
    image: nginx:net
    ports: ["8080:80", "192.0.2.200:9999:80"]
    volumes: [./site.conf:/etc/nginx/sites-enabled/default:ro]
`)
	s.write("site.conf", "access_log /dev/stdout;\nerror_log /dev/stderr;\nserver {\n  listen 80; listen [::]:80 ipv6only=on;\n  location / { return 200 \"you are $remote_addr\\n\"; }\n}\n")
	netImages(t, s)
	s.fails(1, []string{"192.0.2.200"}, "up", "-d") // no address of this host
	s.write("compose.yaml", strings.Replace(s.read("compose.yaml"), `, "192.0.2.200:9999:80"`, "", 1))
	s.must("up", "-d")
	s.eventually("nginx answers", func() bool {
		return w.exec(WorldExec{Where: "lan", Argv: []string{built.probe, "get", "http://198.51.100.2:8080/"}}).Code == 0
	})
	for _, c := range []struct{ where, url, is string }{
		{"lan", "http://198.51.100.2:8080/lan4", "192.0.2.7"},
		{"internet", "http://198.51.100.2:8080/net4", "198.51.100.1"},
	} {
		if out := w.run(c.where, built.probe, "get", c.url); strings.TrimSpace(out) != "you are "+c.is {
			t.Errorf("%s: %q, want %s", c.url, out, c.is)
		}
		name := c.url[strings.LastIndexByte(c.url, '/'):]
		s.eventually("the log names "+c.is, func() bool {
			for line := range strings.Lines(s.must("logs", "--no-log-prefix", "web")) {
				if strings.HasPrefix(line, c.is+" ") && strings.Contains(line, name) {
					return true
				}
			}
			return false
		})
	}
	if out := w.run("lan", built.probe, "get", "http://[2001:db8:64::2]:8080/lan6"); !strings.HasPrefix(out, "you are ") {
		t.Errorf("by IPv6: %q", out)
	}
}

// A compose file as people publish them: a resolver and a filtering forwarder in
// front of it, two networks, fixed addresses, UDP and TCP on one port, an
// application that asks them.
func TestPublicDNSStack(t *testing.T) {
	if os.Getenv(insideEnv) == "" {
		netBase(t)
	}
	w := lonelyWorld(t, true)
	if w == nil {
		return
	}
	if !w.plain {
		t.Skip("unbound and dnsmasq change to users of their own: more than one id is needed")
	}
	w.run("host", "sysctl", "-qw", "net.ipv4.ip_unprivileged_port_start=53")
	s := w.begin(t, `
services:
  unbound:
    image: unbound:net
    restart: unless-stopped
    volumes: ["./unbound.conf:/etc/unbound/unbound.conf:ro"]
    networks:
      private: { ipv4_address: 172.28.77.53 }
  filter:
    image: dnsmasq:net
    depends_on: [unbound]
    restart: unless-stopped
    command: --no-resolv --no-hosts --log-queries --server=172.28.77.53 --address=/printer.lan/192.0.2.99 --address=/ads.example/0.0.0.0
    cap_add: [NET_ADMIN]
    dns: [127.0.0.1]
    ports:
      - "53:53/tcp"
      - "53:53/udp"
    networks:
      private: { ipv4_address: 172.28.77.2 }
      lan: { ipv4_address: 172.29.77.2 }
  app:
    image: nginx:net
    command: sleep 100000
    dns: 172.29.77.2
    volumes: ["./probe:/probe:ro"]
    networks: [lan]
networks:
  private:
    internal: true
    ipam: { config: [{ subnet: 172.28.77.0/24, gateway: 172.28.77.1 }] }
  lan:
    ipam: { config: [{ subnet: 172.29.77.0/24 }] }
`)
	s.write("unbound.conf", `server:
  interface: 0.0.0.0
  access-control: 172.28.77.0/24 allow
  username: ""
  chroot: ""
  logfile: ""
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  module-config: "iterator"
  local-zone: "corp.test." static
  local-data: "wiki.corp.test. A 192.0.2.80"
remote-control:
  control-enable: no
`)
	netImages(t, s)
	s.must("up", "-d")
	ask := func(kind, name string) string {
		return strings.TrimSpace(strings.TrimPrefix(w.run("lan", built.probe, "reach", kind+":198.51.100.2:53/"+name), kind+":198.51.100.2:53/"+name))
	}
	s.eventually("the stack answers the lan", func() bool { return ask("nsudp", "wiki.corp.test") == "192.0.2.80" })
	for _, kind := range []string{"nsudp", "nstcp"} {
		for name, want := range map[string]string{"wiki.corp.test": "192.0.2.80", "printer.lan": "192.0.2.99", "ads.example": "0.0.0.0", "no.corp.test": "unknown"} {
			if got := ask(kind, name); got != want {
				t.Errorf("%s from the lan, %s: %q, want %q", name, kind, got, want)
			}
		}
	}
	s.eventually("the forwarder logs who asks", func() bool { return strings.Contains(s.compose("logs", "filter").stderr, "from 192.0.2.7") })
	got := reached(s.must("exec", "-T", "app", "/probe", "reach", "dns4:wiki.corp.test", "dns4:ads.example", "dns4:filter", "dns:unbound", "tcp:172.28.77.53:53"))
	s.want("app", got, map[string]string{"dns4:wiki.corp.test": "192.0.2.80", "dns4:ads.example": "0.0.0.0", "dns4:filter": "172.29.77.2"})
	if r := got["tcp:172.28.77.53:53"]; r != "unreachable" && r != "refused" {
		t.Errorf("app reaches the private network: %q", r)
	}
}

// ping and tcpdump work by exec: a capture inside sees the packets of a ping.
func TestToolsByExec(t *testing.T) {
	if os.Getenv(insideEnv) == "" {
		netBase(t)
	}
	w := lonelyWorld(t, true)
	if w == nil {
		return
	}
	s := w.begin(t, `
services:
  a: { image: "nginx:net", command: sleep 100000 }
  b: { image: "nginx:net", command: sleep 100000 }
`)
	netImages(t, s)
	s.must("up", "-d")
	if out := s.must("exec", "-T", "a", "ping", "-c", "2", "-i", "0.2", "b"); !strings.Contains(out, "2 received") {
		t.Errorf("ping: %s", out)
	}
	if !w.plain {
		t.Skip("ping works; tcpdump changes to a user of its own: more than one id is needed")
	}
	seen := make(chan result, 1)
	go func() {
		seen <- s.plain("exec", "-T", "b", "timeout", "30", "tcpdump", "-i", "eth0", "-nn", "-c", "2", "-l", "icmp or icmp6")
	}()
	s.eventually("tcpdump sees the echo", func() bool {
		s.plain("exec", "-T", "a", "ping", "-c", "2", "-i", "0.2", "b")
		select {
		case r := <-seen:
			if r.code != 0 || !strings.Contains(r.stdout, "echo request") {
				t.Errorf("tcpdump: exit %d\n%s%s", r.code, r.stdout, r.stderr)
			}
			return true
		default:
			return false
		}
	})
}
