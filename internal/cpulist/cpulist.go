// Package cpulist reads and writes lists of processors as the kernel has them:
// "0-2,4" (cpuset(7), "List format").
package cpulist

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Most is one more than the highest processor that a list may name: the most that
// the kernel can be built for (CONFIG_NR_CPUS).
const Most = 8192

// Parse returns the processors of a list, sorted, each once.
func Parse(text string) ([]int, error) {
	var list []int
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		from, to, ranged := strings.Cut(part, "-")
		first, err := strconv.ParseUint(from, 10, 16)
		last := first
		if err == nil && ranged {
			last, err = strconv.ParseUint(to, 10, 16)
		}
		if err != nil || last < first || last >= Most {
			return nil, fmt.Errorf("%q is not a list of processors: %q", text, part)
		}
		for n := first; n <= last; n++ {
			list = append(list, int(n))
		}
		if len(list) > Most {
			return nil, fmt.Errorf("%q names processors more than once", text)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// Online are the processors that the machine has (sysfs, devices/system/cpu/online).
func Online() []int {
	text, err := os.ReadFile("/sys/devices/system/cpu/online")
	if list, bad := Parse(strings.TrimSpace(string(text))); err == nil && bad == nil {
		return list
	}
	list := make([]int, runtime.NumCPU())
	for n := range list {
		list[n] = n
	}
	return list
}

// Format writes processors, in any order, as the shortest list.
func Format(list []int) string {
	list = slices.Clone(list)
	slices.Sort(list)
	list = slices.Compact(list)
	var parts []string
	for i := 0; i < len(list); {
		end := i
		for end+1 < len(list) && list[end+1] == list[end]+1 {
			end++
		}
		if text := strconv.Itoa(list[i]); end > i {
			parts = append(parts, text+"-"+strconv.Itoa(list[end]))
		} else {
			parts = append(parts, text)
		}
		i = end + 1
	}
	return strings.Join(parts, ",")
}
