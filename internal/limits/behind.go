package limits

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
)

// Setting is what a compose file says that a file of a cgroup is for.
type Setting struct {
	Text string // "mem_limit: 512 MiB", by the name that the key has there
	Of   string // what the line in the cgroup's file begins with: "default", "8:0"; "" = there is one line
}

// Behind is what a service's file says for a file of its cgroup: of io.weight it is
// "blkio_config.weight: 300". It is empty if the service does not ask for it.
func Behind(s *project.Service, file string) (list []Setting) {
	r := &s.Resources
	one := func(value string, keys ...string) {
		for _, k := range keys {
			if slices.Contains(r.Keys, k) {
				list = append(list, Setting{Text: k + ": " + value})
				return
			}
		}
	}
	switch file {
	case "memory.max":
		one(project.Size(r.Memory), "deploy.resources.limits.memory", "mem_limit")
	case "memory.swap.max":
		if slices.Contains(r.Keys, "memswap_limit") && r.MemorySwap > 0 {
			one(project.Size(r.MemorySwap), "memswap_limit")
		} else {
			one(project.Size(r.Memory)+" of swap, too", "deploy.resources.limits.memory", "mem_limit")
		}
	case "memory.low":
		one(project.Size(r.MemoryReservation), "deploy.resources.reservations.memory", "mem_reservation")
	case "memory.high":
		one(project.Size(r.MemoryHigh), "x-mocker.memory_high")
	case "cpu.max":
		one(project.CPUs(r.NanoCPUs), "deploy.resources.limits.cpus", "cpus")
		one(strconv.FormatInt(r.CPUQuota, 10), "cpu_quota")
		one(strconv.FormatInt(r.CPUPeriod, 10), "cpu_period")
	case "cpu.weight":
		one(strconv.FormatInt(r.CPUShares, 10), "cpu_shares")
	case "cpuset.cpus":
		one(r.Cpuset, "cpuset")
	case "pids.max":
		one(strconv.FormatInt(r.Pids, 10), "deploy.resources.limits.pids", "pids_limit")
	case "io.weight":
		return weights(&r.BlkIO)
	case "io.max":
		return rates(&r.BlkIO)
	}
	return list
}

func weights(b *project.BlkIO) (list []Setting) {
	if b.Weight > 0 {
		list = append(list, Setting{fmt.Sprintf("blkio_config.weight: %d", b.Weight), "default"})
	}
	for _, d := range b.WeightDevice {
		list = append(list, Setting{fmt.Sprintf("blkio_config.weight_device: %s %d", d.Path, d.Weight), number(d.BlockDevice)})
	}
	return list
}

// rates are several settings for a line of io.max, which has one for each device.
func rates(b *project.BlkIO) (list []Setting) {
	for _, kind := range []struct {
		key  string
		list []project.DeviceRate
	}{{"device_read_bps", b.ReadBps}, {"device_write_bps", b.WriteBps}, {"device_read_iops", b.ReadIOps}, {"device_write_iops", b.WriteIOps}} {
		for _, d := range kind.list {
			if d.Rate > 0 {
				list = append(list, Setting{fmt.Sprintf("blkio_config.%s: %s %d", kind.key, d.Path, d.Rate), number(d.BlockDevice)})
			}
		}
	}
	return list
}

func number(d project.BlockDevice) string { return fmt.Sprintf("%d:%d", d.Major, d.Minor) }

// About are those settings of a list that a line of the cgroup's file is about.
func About(list []Setting, line string) (texts []string) {
	of, _, _ := strings.Cut(line, " ")
	for _, s := range list {
		if s.Of == "" || s.Of == of {
			texts = append(texts, s.Text)
		}
	}
	return texts
}
