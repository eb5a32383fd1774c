package limits

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

// TestOCI: golden texts of what becomes of limits.
func TestOCI(t *testing.T) {
	disk := project.BlockDevice{Path: "/dev/vda", Major: 254}
	for _, tt := range []struct {
		name string
		r    project.Resources
		want string
	}{
		{"nothing", project.Resources{}, `{"pids":{"limit":4096}}`},
		{"as many processes as there are", project.Resources{Pids: -1}, `{}`},
		{"swap is as much again", project.Resources{Memory: 100, Pids: -1}, `{"memory":{"limit":100,"swap":200}}`},
		{"no swap", project.Resources{Memory: 100, MemorySwap: 100, Pids: -1}, `{"memory":{"limit":100,"swap":100}}`},
		{"all swap", project.Resources{Memory: 100, MemorySwap: -1, Pids: -1}, `{"memory":{"limit":100,"swap":-1}}`},
		{"swap without memory", project.Resources{MemorySwap: -1, Pids: -1}, `{}`},
		{"so much memory that twice is no number", project.Resources{Memory: math.MaxInt64 - 1, Pids: -1}, `{"memory":{"limit":9223372036854775806,"swap":-1}}`},
		{"reservation", project.Resources{MemoryReservation: 5, Pids: -1}, `{"memory":{"reservation":5}}`},
		{"throttling", project.Resources{MemoryHigh: 5, Pids: -1}, `{"unified":{"memory.high":"5"}}`},
		{"processors", project.Resources{NanoCPUs: 1_500_000_000, Pids: 7}, `{"cpu":{"quota":150000,"period":100000},"pids":{"limit":7}}`},
		{"a fifth", project.Resources{NanoCPUs: 200_000_000, Pids: -1}, `{"cpu":{"quota":20000,"period":100000}}`},
		{"the least", project.Resources{NanoCPUs: 1, Pids: -1}, `{"cpu":{"quota":1000,"period":100000}}`},
		{"quota", project.Resources{CPUQuota: 5000, Pids: -1}, `{"cpu":{"quota":5000,"period":100000}}`},
		{"quota of a period", project.Resources{CPUQuota: 5000, CPUPeriod: 20000, Pids: -1}, `{"cpu":{"quota":5000,"period":20000}}`},
		{"no quota", project.Resources{CPUQuota: -1, CPUPeriod: 20000, Pids: -1}, `{}`},
		{"shares and set", project.Resources{CPUShares: 512, Cpuset: "0-2", Pids: -1}, `{"cpu":{"shares":512,"cpus":"0-2"}}`},
		{"weight", project.Resources{BlkIO: project.BlkIO{Weight: 20}, Pids: -1}, `{"blockIO":{"weight":20}}`},
		{"disks", project.Resources{Pids: -1, BlkIO: project.BlkIO{
			WeightDevice: []project.DeviceWeight{{BlockDevice: disk, Weight: 300}},
			ReadBps:      []project.DeviceRate{{BlockDevice: disk, Rate: 1}}, WriteBps: []project.DeviceRate{{BlockDevice: disk, Rate: 2}},
			ReadIOps: []project.DeviceRate{{BlockDevice: disk, Rate: 3}}, WriteIOps: []project.DeviceRate{{BlockDevice: disk, Rate: 4}},
		}}, `{"blockIO":{"weightDevice":[{"major":254,"minor":0,"weight":300}],` +
			`"throttleReadBpsDevice":[{"major":254,"minor":0,"rate":1}],"throttleWriteBpsDevice":[{"major":254,"minor":0,"rate":2}],` +
			`"throttleReadIOPSDevice":[{"major":254,"minor":0,"rate":3}],"throttleWriteIOPSDevice":[{"major":254,"minor":0,"rate":4}]}}`},
	} {
		b, err := json.Marshal(OCI(tt.r))
		if err != nil || string(b) != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, b, tt.want)
		}
	}
}

// TestMissing: the names are those of the file.
func TestMissing(t *testing.T) {
	s := &project.Service{Resources: project.Resources{Keys: []string{"blkio_config", "cpuset", "deploy.resources.limits.cpus", "deploy.resources.limits.memory",
		"deploy.resources.limits.pids", "mem_reservation", "memswap_limit", "x-mocker.memory_high"}}}
	for _, tt := range []struct{ have, want []string }{
		{[]string{"cpu", "cpuset", "io", "memory", "pids"}, nil},
		{[]string{"cpu", "memory", "pids"}, []string{"blkio_config"}},
		{[]string{"memory", "pids"}, []string{"blkio_config", "deploy.resources.limits.cpus"}},
		{[]string{"cpu", "io"}, []string{"deploy.resources.limits.memory", "deploy.resources.limits.pids", "mem_reservation", "memswap_limit", "x-mocker.memory_high"}},
		{nil, slices.DeleteFunc(slices.Clone(s.Resources.Keys), func(k string) bool { return k == "cpuset" })},
	} {
		if got := Missing(s, tt.have); !slices.Equal(got, tt.want) {
			t.Errorf("with %q: %q, want %q", tt.have, got, tt.want)
		}
	}
	for _, k := range Keys(s) {
		if k.Controller == "" {
			t.Errorf("%s has no controller", k.Name)
		}
	}
	if len(Keys(s)) != len(s.Resources.Keys) {
		t.Errorf("%d of %d keys have a controller", len(Keys(s)), len(s.Resources.Keys))
	}
}
