package e2e

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// blkio_config holds a service's writes back, by the device that its files are on.
func TestLimitsBlkIO(t *testing.T) {
	needControllers(t, "io")
	s := begin(t, "services: {}\n")
	device, number := diskBelow(t, os.Getenv("HOME"))
	s.write("compose.yaml", fmt.Sprintf(`
services:
  a:
    command: ./probe disk /data/out 200
    volumes: [ "data:/data" ]
    blkio_config:
      weight: 300
      device_write_bps: [ { path: %s, rate: 2mb } ]
      device_read_iops: [ { path: %s, rate: 5000 } ]
volumes: { data: {} }
`, device, device))
	s.env = append(s.env, "MOCKER_DATA_HOME="+s.onDisk())
	r := s.compose("up", "-d")
	if said := strings.Contains(r.stderr, "not enforced: blkio_config.weight: 300 (service a): "); r.code != 0 || said == s.weighsDisks("a") {
		t.Errorf("exit %d; that disks have no weights here is said: %v\n%s", r.code, said, r.stderr)
	}
	s.eventually("it writes", func() bool { return s.logged("a", "writing") })
	dir := s.group("a")
	if got := cgroupFile(dir, "io.max"); !strings.Contains(got, number+" ") || !strings.Contains(got, "wbps=2097152") || !strings.Contains(got, "riops=5000") {
		t.Fatalf("io.max is %q, want a limit for %s", got, number)
	}
	steadily(t, "MB/s written", 2, 0.25, func() float64 {
		begun, wrote := time.Now(), written(dir, number)
		time.Sleep(measuredFor)
		return float64(written(dir, number)-wrote) / (1 << 20) / time.Since(begun).Seconds()
	})
	s.must("down", "-t", "0", "-v")
}

// weighsDisks: the kernel has a file for the weight of a service's cgroup.
func (s *scenario) weighsDisks(service string) bool {
	s.t.Helper()
	dir := s.group(service)
	return cgroupFile(dir, "io.weight")+cgroupFile(dir, "io.bfq.weight") != ""
}

// onDisk is a data directory that is not in memory, as /tmp may be.
func (s *scenario) onDisk() string {
	s.t.Helper()
	dir, err := os.MkdirTemp(os.Getenv("HOME"), "mc-e2e-disk-")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// diskBelow is the device file of the disk that a directory is on, and MAJOR:MINOR.
func diskBelow(t *testing.T, dir string) (path, number string) {
	t.Helper()
	var st syscall.Stat_t
	if err := syscall.Stat(dir, &st); err != nil {
		t.Fatal(err)
	}
	number = fmt.Sprintf("%d:%d", unix.Major(st.Dev), unix.Minor(st.Dev))
	link, err := os.Readlink("/sys/dev/block/" + number)
	if err != nil {
		t.Skipf("%s is on no disk of its own: %v", dir, err)
	}
	if _, err := os.Stat("/sys/dev/block/" + number + "/partition"); err == nil {
		t.Skipf("%s is on a partition; limits are those of whole disks", dir)
	}
	return "/dev/" + link[strings.LastIndex(link, "/")+1:], number
}

// written is what a cgroup wrote to a device (io.stat of cgroup-v2.rst).
func written(dir, number string) (n int64) {
	for line := range strings.Lines(cgroupFile(dir, "io.stat")) {
		if f := strings.Fields(line); len(f) > 0 && f[0] == number {
			for _, kv := range f[1:] {
				_, _ = fmt.Sscanf(kv, "wbytes=%d", &n) // the others are not it
			}
		}
	}
	return n
}
