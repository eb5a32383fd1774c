package cgroup

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

// TestMain makes the test program one that needs memory, when it is asked to:
// so many bytes at once, then it waits for its end.
func TestMain(m *testing.M) {
	if n, err := strconv.Atoi(os.Getenv("CGROUP_TEST_EAT")); err == nil {
		eaten := make([]byte, n)
		for i := 0; i < n; i += 4096 {
			eaten[i] = 1
		}
		fmt.Println("ready")
		time.Sleep(time.Hour)
		fmt.Println(eaten[0])
	}
	os.Exit(m.Run())
}
