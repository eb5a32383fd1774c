package e2e

import (
	"bufio"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// The world is what the other scenarios take it for.
func TestWorld(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	for from, target := range map[string]string{"198.51.100.2": w.addr("echo4"), "2001:db8:64::2": w.addr("echo6")} {
		c, err := net.DialTimeout("tcp", target, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, from) || !strings.Contains(line, "at internet") {
			t.Errorf("%s says %q (%v)", target, line, err)
		}
	}
	if addrs, err := net.LookupHost("echo.example"); err != nil || len(addrs) != 2 {
		t.Errorf("echo.example: %v %v", addrs, err)
	}
	if out := w.run("lan", built.probe, "get", "http://203.0.113.10/peer"); !strings.Contains(out, "192.0.2.7") {
		t.Errorf("from the lan: %s", out)
	}
	if out := w.queries(); !strings.Contains(out, "echo.example. A") {
		t.Errorf("the names asked for: %q", out)
	}
	if w.plain && os.Getuid() == 0 {
		t.Error("not as a plain user")
	}
}
