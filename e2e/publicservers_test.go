package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// exchange sends to a TCP port of this machine and returns the first bytes of the answer.
func (s *scenario) exchange(port int, send []byte, want int) []byte {
	s.t.Helper()
	c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), patience/3)
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience / 3)); err != nil {
		s.t.Fatal(err)
	}
	if _, err := c.Write(send); err != nil {
		s.t.Fatal(err)
	}
	answer := make([]byte, want)
	n, err := io.ReadFull(c, answer)
	if err != nil {
		s.t.Errorf("port %d answers %x, then: %v", port, answer[:n], err)
	}
	return answer
}

// useBroker connects to mosquitto from outside, and publishes what a subscriber records.
func useBroker(s *scenario) {
	s.t.Helper()
	connect := append([]byte{0x10, 16, 0, 4}, "MQTT\x04\x02\x00\x3c\x00\x04host"...)
	if got := s.exchange(s.servicePort("mosquitto", "1883"), connect, 4); !bytes.Equal(got, []byte{0x20, 2, 0, 0}) {
		s.t.Errorf("CONNECT is answered by %x", got)
	}
	s.must("exec", "-T", "mosquitto", "mosquitto_pub", "-h", "localhost", "-t", "sensors/hall", "-q", "1", "-r", "-m", "21.5")
	s.eventually("the subscriber has recorded it", func() bool {
		return strings.HasPrefix(s.compose("exec", "-T", "recorder", "cat", "/mosquitto/data/log").stdout, "sensors/hall 21.5\n")
	})
	if got := s.output("mosquitto", "sh", "-c", "id -u; hostname; date +%Z"); !strings.HasPrefix(got, "1000\nmosquitto\n") {
		s.t.Errorf("the broker is %q", got)
	}
}

func keptBroker(s *scenario) {
	s.t.Helper()
	if got := s.output("mosquitto", "mosquitto_sub", "-h", "localhost", "-t", "sensors/hall", "-C", "1", "-W", "20"); got != "21.5" {
		s.t.Errorf("the broker has retained %q", got)
	}
}

const people = "cn=ada,dc=shop,dc=test"

// useDirectory binds from outside, and changes an entry with the secret's password.
func useDirectory(s *scenario) {
	s.t.Helper()
	bind := []byte{0x30, 12, 2, 1, 1, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0} // anonymous, LDAP 3
	if got := s.exchange(s.servicePort("openldap", "389"), bind, 10); got[5] != 0x61 || got[9] != 0 {
		s.t.Errorf("a bind is answered by %x", got)
	}
	change := "dn: " + people + "\nchangetype: modify\nreplace: mail\nmail: countess@shop.test\n"
	r := s.composeWith(change, "exec", "-T", "admin", "ldapmodify", "-x", "-H", "ldap://openldap", "-D", "cn=admin,dc=shop,dc=test", "-y", "/run/secrets/password")
	if r.code != 0 {
		s.t.Errorf("ldapmodify: %s%s", r.stdout, r.stderr)
	}
	if got := s.output("admin", "stat", "-c", "%u %a", "/run/secrets/password"); got != "100 400" {
		s.t.Errorf("the secret's owner and mode are %s", got)
	}
	if r := s.compose("exec", "-T", "admin", "touch", "/var/lib/ldap/x"); r.code == 0 {
		s.t.Error("volumes_from with ro can be written")
	}
}

func keptDirectory(s *scenario) {
	s.t.Helper()
	got := s.output("admin", "ldapsearch", "-x", "-LLL", "-H", "ldap://ldap.shop.test", "-b", people, "mail")
	if !strings.Contains(got, "mail: countess@shop.test") {
		s.t.Errorf("the directory has %q", got)
	}
}

// useQueue leaves an order in rabbitmq while no worker is there.
func useQueue(s *scenario) {
	s.t.Helper()
	if got := s.exchange(s.servicePort("rabbitmq", "5672"), []byte("AMQP\x00\x00\x09\x01"), 11); !bytes.Equal(got[7:], []byte{0, 10, 0, 10}) {
		s.t.Errorf("the broker begins with %x, want Connection.Start", got)
	}
	s.eventually("the worker waits", func() bool { return s.logged("worker", "waiting") })
	s.must("run", "--rm", "-T", "send", "python", "/srv/worker.py", "one")
	s.eventually("an order is worked on", func() bool { return s.logged("worker", "order one") })
	s.must("stop", "worker")
	s.must("run", "--rm", "-T", "send", "python", "/srv/worker.py", "two")
}

func keptQueue(s *scenario) {
	s.t.Helper()
	s.eventually("the order of before is worked on", func() bool { return s.logged("worker", "order two") })
	if s.logged("worker", "order one") {
		s.t.Error("an order that was done came again")
	}
}

// useNames asks bind: from outside by both protocols, and by a client that has no other.
func useNames(s *scenario) {
	s.t.Helper()
	for _, protocol := range []string{"udp", "tcp"} {
		address := strings.TrimSpace(s.must("port", "--protocol", protocol, "dns", "53"))
		r := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, protocol, address)
		}}
		s.eventually("bind answers by "+protocol, func() bool {
			got, err := r.LookupHost(s.t.Context(), "www.shop.lan.")
			return err == nil && len(got) == 1 && got[0] == "10.87.53.77"
		})
	}
	for name, want := range map[string]string{"printer": "10.87.53.77", "www.shop.lan": "10.87.53.77", "dns": "10.87.53.53"} {
		if got := s.output("client", "getent", "ahostsv4", name); !strings.HasPrefix(got, want+" ") {
			s.t.Errorf("%s is %q inside, want %s", name, got, want)
		}
	}
	if got := s.output("client", "sh", "-c", "cat /sys/class/net/eth0/address; hostname -i"); got != "02:42:0a:57:35:3c\n10.87.53.60" {
		s.t.Errorf("the client is at %q", got)
	}
}

func keptNames(s *scenario) {
	s.t.Helper()
	s.eventually("bind answers again", func() bool {
		return strings.HasPrefix(s.compose("exec", "-T", "client", "getent", "ahostsv4", "printer").stdout, "10.87.53.77 ")
	})
}
