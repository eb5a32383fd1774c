package project

import (
	"fmt"
	"reflect"
	"strconv"
)

// Same reports that nothing need be done to make limits o of r.
func (r Resources) Same(o Resources) bool {
	for _, x := range []*Resources{&r, &o} {
		x.Keys = nil
	}
	return reflect.DeepEqual(r, o)
}

// Changes says what of the limits becomes what, in the words of the file:
// "mem_limit 100 MiB -> 200 MiB". It is empty if [Resources.Same].
func (r Resources) Changes(o Resources) (list []string) {
	change := func(key string, was, is int64, text func(int64) string) {
		if was != is {
			list = append(list, fmt.Sprintf("%s %s -> %s", key, text(was), text(is)))
		}
	}
	change("mem_limit", r.Memory, o.Memory, sizeOr("none", ""))
	change("memswap_limit", r.MemorySwap, o.MemorySwap, sizeOr("none", "unlimited"))
	change("mem_reservation", r.MemoryReservation, o.MemoryReservation, sizeOr("none", ""))
	change("x-mocker.memory_high", r.MemoryHigh, o.MemoryHigh, sizeOr("none", ""))
	change("cpus", r.NanoCPUs, o.NanoCPUs, CPUs)
	change("cpu_quota", r.CPUQuota, o.CPUQuota, numberOr("none", "unlimited"))
	change("cpu_period", r.CPUPeriod, o.CPUPeriod, numberOr("100000", ""))
	change("cpu_shares", r.CPUShares, o.CPUShares, numberOr("1024", ""))
	if r.Cpuset != o.Cpuset {
		list = append(list, fmt.Sprintf("cpuset %s -> %s", orAll(r.Cpuset), orAll(o.Cpuset)))
	}
	change("pids_limit", r.Pids, o.Pids, numberOr(strconv.Itoa(DefaultPids), "unlimited"))
	if !reflect.DeepEqual(r.BlkIO, o.BlkIO) {
		list = append(list, "blkio_config changed")
	}
	return list
}

// Size is a number of bytes as people read it: "100 MiB", "1.5 GiB".
func Size(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	v, u := float64(n), 0
	for ; v >= 1024 && u < len(units)-1; u++ {
		v /= 1024
	}
	return strconv.FormatFloat(v, 'g', 4, 64) + " " + units[u]
}

// CPUs is a number of billionths of a processor as the file has it: "0.5".
func CPUs(nano int64) string {
	if nano == 0 {
		return "none"
	}
	return strconv.FormatFloat(float64(nano)/1e9, 'f', -1, 64)
}

// sizeOr is Size, with words for 0 and for what is negative.
func sizeOr(zero, negative string) func(int64) string {
	words := numberOr(zero, negative)
	return func(n int64) string {
		if n <= 0 {
			return words(n)
		}
		return Size(n)
	}
}

func numberOr(zero, negative string) func(int64) string {
	return func(n int64) string {
		switch {
		case n == 0:
			return zero
		case n < 0:
			return negative
		}
		return strconv.FormatInt(n, 10)
	}
}

func orAll(cpuset string) string {
	if cpuset == "" {
		return "all"
	}
	return cpuset
}
