package limits

import (
	"reflect"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

func TestBehind(t *testing.T) {
	sda := project.BlockDevice{Path: "/dev/sda", Major: 8}
	vda := project.BlockDevice{Path: "/dev/vda", Major: 254}
	own := project.Resources{
		Memory: 100 << 20, MemorySwap: 150 << 20, MemoryReservation: 50 << 20, MemoryHigh: 80 << 20, NanoCPUs: 1_500_000_000, CPUShares: 512, Cpuset: "0-1", Pids: 20,
		Keys: []string{"cpu_shares", "cpus", "cpuset", "mem_limit", "mem_reservation", "memswap_limit", "pids_limit", "x-mocker.memory_high"},
	}
	deployed := project.Resources{
		Memory: 100 << 20, MemoryReservation: 50 << 20, NanoCPUs: 500_000_000, Pids: 20,
		Keys: []string{"deploy.resources.limits.cpus", "deploy.resources.limits.memory", "deploy.resources.limits.pids", "deploy.resources.reservations.memory"},
	}
	quota := project.Resources{CPUQuota: 5000, CPUPeriod: 10000, Keys: []string{"cpu_period", "cpu_quota"}}
	disks := project.Resources{Keys: []string{"blkio_config"}, BlkIO: project.BlkIO{
		Weight: 300, WeightDevice: []project.DeviceWeight{{BlockDevice: vda, Weight: 200}},
		ReadBps: []project.DeviceRate{{BlockDevice: sda, Rate: 7}, {BlockDevice: vda, Rate: 8}}, WriteIOps: []project.DeviceRate{{BlockDevice: sda, Rate: 9}},
	}}
	for _, c := range []struct {
		r          project.Resources
		file, line string
		want       []string
	}{
		{own, "memory.max", "104857600", []string{"mem_limit: 100 MiB"}},
		{own, "memory.swap.max", "52428800", []string{"memswap_limit: 150 MiB"}},
		{own, "memory.low", "1", []string{"mem_reservation: 50 MiB"}},
		{own, "memory.high", "1", []string{"x-mocker.memory_high: 80 MiB"}},
		{own, "cpu.max", "150000 100000", []string{"cpus: 1.5"}},
		{own, "cpu.weight", "20", []string{"cpu_shares: 512"}},
		{own, "cpuset.cpus", "0-1", []string{"cpuset: 0-1"}},
		{own, "pids.max", "20", []string{"pids_limit: 20"}},
		{own, "io.weight", "default 1", nil},
		{deployed, "memory.max", "104857600", []string{"deploy.resources.limits.memory: 100 MiB"}},
		{deployed, "memory.swap.max", "104857600", []string{"deploy.resources.limits.memory: 100 MiB of swap, too"}},
		{deployed, "memory.low", "1", []string{"deploy.resources.reservations.memory: 50 MiB"}},
		{deployed, "cpu.max", "50000 100000", []string{"deploy.resources.limits.cpus: 0.5"}},
		{deployed, "pids.max", "20", []string{"deploy.resources.limits.pids: 20"}},
		{project.Resources{}, "pids.max", "4096", nil}, // nobody has asked for it
		{quota, "cpu.max", "5000 10000", []string{"cpu_quota: 5000", "cpu_period: 10000"}},
		{disks, "io.weight", "default 2930", []string{"blkio_config.weight: 300"}},
		{disks, "io.weight", "254:0 1920", []string{"blkio_config.weight_device: /dev/vda 200"}},
		{disks, "io.max", "8:0 rbps=7 wiops=9", []string{"blkio_config.device_read_bps: /dev/sda 7", "blkio_config.device_write_iops: /dev/sda 9"}},
		{disks, "io.max", "254:0 rbps=8", []string{"blkio_config.device_read_bps: /dev/vda 8"}},
	} {
		if got := About(Behind(&project.Service{Resources: c.r}, c.file), c.line); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %q: %q, want %q", c.file, c.line, got, c.want)
		}
	}
}
