package cgroup

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// weightFiles are where the weight of a group is said: to the scheduler of the io
// controller's cost model, or to that of BFQ. A kernel has one of them or none.
var weightFiles = [2]string{"io.weight", "io.bfq.weight"}

// ioWishes: one for each device (cgroup-v2.rst, "IO Interface Files"); a file takes
// one device at a time.
func ioWishes(b *specs.LinuxBlockIO) []wish {
	if b == nil {
		return nil
	}
	var list []wish
	if b.Weight != nil && *b.Weight != 0 {
		list = append(list, weightWish("default", *b.Weight))
	}
	for _, d := range b.WeightDevice {
		if d.Weight != nil && *d.Weight != 0 {
			list = append(list, weightWish(device(d.Major, d.Minor), *d.Weight))
		}
	}
	limits := make(map[string][]string)
	for _, kind := range []struct {
		key  string
		list []specs.LinuxThrottleDevice
	}{
		{"rbps", b.ThrottleReadBpsDevice}, {"wbps", b.ThrottleWriteBpsDevice},
		{"riops", b.ThrottleReadIOPSDevice}, {"wiops", b.ThrottleWriteIOPSDevice},
	} {
		for _, d := range kind.list {
			if d.Rate != 0 {
				dev := device(d.Major, d.Minor)
				limits[dev] = append(limits[dev], kind.key+"="+strconv.FormatUint(d.Rate, 10))
			}
		}
	}
	for _, dev := range slices.Sorted(maps.Keys(limits)) {
		list = append(list, wish{file: "io.max", value: dev + " " + strings.Join(limits[dev], " "), asked: true})
	}
	return list
}

// weightWish: the spec's weights are 10 to 1000.
func weightWish(of string, weight uint16) wish {
	return wish{file: weightFiles[0], value: of + " " + strconv.FormatUint(ioWeight(weight), 10), asked: true}
}

// ioWeight turns 10..1000 into io.weight's 1..10000.
func ioWeight(w uint16) uint64 {
	n := uint64(min(max(w, 10), 1000))
	return 1 + (n-10)*9999/990
}

// bfqWeight turns an io.weight back into the 1..1000 of BFQ.
func bfqWeight(n uint64) uint64 {
	return 10 + (n-1)*990/9999
}

func device(major, minor int64) string { return fmt.Sprintf("%d:%d", major, minor) }
