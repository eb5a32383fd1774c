package e2e

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// usedTime is the processor time of processes, which the kernel scales to what the
// scheduler has counted (proc_pid_stat(5)).
func usedTime(t *testing.T, pids ...int) (used time.Duration) {
	t.Helper()
	for _, pid := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		for _, v := range f[11:13] { // utime and stime
			ticks, err := strconv.Atoi(v)
			if err != nil {
				t.Fatal(err)
			}
			used += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	return used
}

// share is the part of a processor that processes use for a while, in percent: as the
// kernel counts it, and of a processor that nobody else disturbs. User-mode Linux counts
// the time, too, in which its host has given the processor to others. How much that is
// shows in a piece of work that always takes the same: each of its repetitions takes as
// long as the shortest, and what it was kept waiting.
func share(t *testing.T, long time.Duration, pids ...int) (counted, undisturbed float64) {
	t.Helper()
	const pause = 100 * time.Millisecond
	var shortest, all time.Duration
	n := 0
	begin, used := time.Now(), usedTime(t, pids...)
	for ; time.Since(begin) < long; n++ {
		time.Sleep(pause)
		took := yardstick(t)
		if all += took; shortest == 0 || took < shortest {
			shortest = took
		}
	}
	counted = 100 * (usedTime(t, pids...) - used).Seconds() / time.Since(begin).Seconds()
	if !userMode() {
		return counted, counted
	}
	return counted, counted * float64(n) * float64(shortest) / float64(all)
}

// userMode reports that this kernel is a process of another one.
func userMode() bool {
	b, err := os.ReadFile("/proc/cpuinfo")
	return err == nil && strings.Contains(string(b), "User Mode Linux")
}

// yardstick is how long a piece of work takes.
func yardstick(t *testing.T) time.Duration {
	t.Helper()
	begin := time.Now()
	x := uint64(1)
	for range 800_000 { // 2 ms
		x = x*6364136223846793005 + 1442695040888963407
	}
	took := time.Since(begin)
	if x == 0 { // else the compiler leaves it out
		t.Log(x)
	}
	return took
}

// To look at fifty containers once a second costs client and supervisor together
// less than 5 % of a processor, counted by cgroups and summed up.
func TestStatsCost(t *testing.T) {
	const count, limit, tries, long = 50, 5.0, 4, 5 * time.Second
	var file strings.Builder
	file.WriteString("services:\n")
	for i := range count {
		fmt.Fprintf(&file, "  s%02d: { command: sleep 1000 }\n", i)
	}
	for _, env := range []string{"MOCKER_FORCE_NO_CGROUP=", "MOCKER_FORCE_NO_CGROUP=1"} {
		name := "summed"
		if strings.HasSuffix(env, "=") {
			name = "counted"
		}
		t.Run(name, func(t *testing.T) {
			if name == "counted" {
				needControllers(t, "cpu", "memory", "pids")
			}
			s := begin(t, file.String())
			s.env = append(s.env, env)
			s.must("up", "-d")
			null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer null.Close()
			supervisor := s.supervisorPID()
			_, idle := share(t, long/5, supervisor)
			cmd := s.command(t.Context(), "stats")
			cmd.Stdout, cmd.Stderr = null, null
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = cmd.Process.Signal(os.Interrupt)
				_ = cmd.Wait()
			}()
			time.Sleep(3 * time.Second) // the first look opens files
			counted, least := 0.0, 100.0
			for range tries {
				var u float64
				if counted, u = share(t, long, cmd.Process.Pid, supervisor); u < least {
					least = u
				}
				if least <= limit {
					break
				}
			}
			_, client := share(t, long/5, cmd.Process.Pid)
			t.Logf("stats of %d services, summed up %q: %.2f%% of a processor (%.2f%% counted), the client's part %.2f%%; the supervisor without it %.2f%%",
				count, s.stats("s00")["s00-1"].SummedOverProcesses, least, counted, client, idle)
			if least > limit {
				t.Errorf("stats costs %.2f%% of a processor, want at most %.0f%%", least, limit)
			}
		})
	}
}
