package loader_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

const mib = 1 << 20

// TestResources: what becomes of the values, and who goes before whom.
func TestResources(t *testing.T) {
	for text, want := range map[string]project.Resources{
		"":                                     {},
		"mem_limit: 100m":                      {Memory: 100 * mib, Keys: []string{"mem_limit"}},
		"mem_limit: 100M":                      {Memory: 100 * mib, Keys: []string{"mem_limit"}},
		"mem_limit: 0.5g":                      {Memory: 512 * mib, Keys: []string{"mem_limit"}},
		"mem_limit: 104857600":                 {Memory: 100 * mib, Keys: []string{"mem_limit"}},
		"mem_limit: '${M:-64mb}'":              {Memory: 64 * mib, Keys: []string{"mem_limit"}},
		"mem_limit: 0":                         {},
		"memswap_limit: -1":                    {MemorySwap: -1, Keys: []string{"memswap_limit"}},
		"mem_limit: 1g, memswap_limit: 1g":     {Memory: 1024 * mib, MemorySwap: 1024 * mib, Keys: []string{"mem_limit", "memswap_limit"}},
		"mem_limit: 1g, memswap_limit: '3g'":   {Memory: 1024 * mib, MemorySwap: 3072 * mib, Keys: []string{"mem_limit", "memswap_limit"}},
		"mem_reservation: 50m":                 {MemoryReservation: 50 * mib, Keys: []string{"mem_reservation"}},
		"x-mocker: {memory_high: 50m}":         {MemoryHigh: 50 * mib, Keys: []string{"x-mocker.memory_high"}},
		"x-mocker: {memory_high: 52428800}":    {MemoryHigh: 50 * mib, Keys: []string{"x-mocker.memory_high"}},
		"cpus: 0.2":                            {NanoCPUs: 200_000_000, Keys: []string{"cpus"}},
		"cpus: '0.33'":                         {NanoCPUs: 330_000_000, Keys: []string{"cpus"}},
		"cpus: 1":                              {NanoCPUs: 1_000_000_000, Keys: []string{"cpus"}},
		"cpu_shares: 512":                      {CPUShares: 512, Keys: []string{"cpu_shares"}},
		"cpu_shares: 1":                        {CPUShares: 2, Keys: []string{"cpu_shares"}},
		"cpu_quota: 20000, cpu_period: 50000":  {CPUQuota: 20000, CPUPeriod: 50000, Keys: []string{"cpu_period", "cpu_quota"}},
		"cpu_quota: -1":                        {CPUQuota: -1, Keys: []string{"cpu_quota"}},
		"cpuset: '0'":                          {Cpuset: "0", Keys: []string{"cpuset"}},
		"cpuset: '0-0,0'":                      {Cpuset: "0", Keys: []string{"cpuset"}},
		"pids_limit: 50":                       {Pids: 50, Keys: []string{"pids_limit"}},
		"pids_limit: -1":                       {Pids: -1, Keys: []string{"pids_limit"}},
		"pids_limit: 0":                        {Pids: -1, Keys: []string{"pids_limit"}},
		"blkio_config: {weight: 300}":          {BlkIO: project.BlkIO{Weight: 300}, Keys: []string{"blkio_config"}},
		"deploy: {resources: {}}":              {},
		"deploy: {resources: {limits: {}}}":    {},
		"deploy: {replicas: 2}, mem_limit: 1g": {Memory: 1024 * mib, Keys: []string{"mem_limit"}},
		"deploy: {resources: {limits: {cpus: '0.5', memory: 50M, pids: 7}, reservations: {cpus: '0.1', memory: 20M}}}": {
			NanoCPUs: 500_000_000, Memory: 50 * mib, Pids: 7, MemoryReservation: 20 * mib,
			Keys: []string{"deploy.resources.limits.cpus", "deploy.resources.limits.memory", "deploy.resources.limits.pids", "deploy.resources.reservations.memory"}},
		"mem_limit: 50m, deploy: {resources: {limits: {memory: 50M}}}": {Memory: 50 * mib, Keys: []string{"deploy.resources.limits.memory"}},
		"cpus: 1, deploy: {resources: {limits: {memory: 50M}}}":        {NanoCPUs: 1_000_000_000, Memory: 50 * mib, Keys: []string{"cpus", "deploy.resources.limits.memory"}},
		"pids_limit: 5, deploy: {resources: {limits: {cpus: 1}}}":      {Pids: 5, NanoCPUs: 1_000_000_000, Keys: []string{"deploy.resources.limits.cpus", "pids_limit"}},
		"deploy: {resources: {limits: {pids: -1}}}":                    {Pids: -1, Keys: []string{"deploy.resources.limits.pids"}},
	} {
		p := mustLoad(t, tree(t, "compose.yaml", "services: {web: {command: x, "+text+"}}\n")).Project
		if got := p.Services[0].Resources; !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", text, got, want)
		}
	}
}

// TestResourceFaults: file, line, reason and remedy.
func TestResourceFaults(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"memory", "    mem_limit: 5m\n", `compose.yaml:3: services.web.mem_limit: 5 MiB is too little (write 6m or more)`},
		{"negative memory", "    mem_limit: -1\n", `compose.yaml:3: services.web.mem_limit: -1 is too little (write 6m or more)`},
		{"fraction", "    mem_limit: 1.5\n", `compose.yaml:3: services.web.mem_limit: 1.5 is not a whole number (write a whole number, or a size with a unit: 1.5g)`},
		{"unit", "    mem_limit: 10x\n", `compose.yaml:3: services.web.mem_limit: invalid suffix: 'x' (sizes are numbers of bytes, or have a unit: 200m, 1.5g)`},
		{"size", "    memswap_limit: much\n", `compose.yaml:3: services.web.memswap_limit: invalid size: 'much' (sizes are numbers of bytes, or have a unit: 200m, 1.5g)`},
		{"text for cpus", "    cpus: half\n", `compose.yaml:3: services.web.cpus: "half" is not a number (write a number)`},
		{"text for deployed cpus", "    deploy: {resources: {limits: {cpus: half}}}\n", `compose.yaml:3: services.web.deploy.resources.limits.cpus: "half" is not a number (write a number)`},
		{"many pids", "    pids_limit: 99999999999999999999\n", `compose.yaml:3: services.web.pids_limit: 99999999999999999999 is not a whole number (write a whole number, or a size with a unit: 1.5g)`},
		{"part of a share", "    cpu_shares: 1.5\n", `compose.yaml:3: services.web.cpu_shares: 1.5 is not a whole number (write a whole number, or a size with a unit: 1.5g)`},
		{"deployed memory", "    deploy:\n      resources:\n        limits:\n          memory: 1M\n", `compose.yaml:6: services.web.deploy.resources.limits.memory: 1 MiB is too little (write 6m or more)`},
		{"reservation", "    mem_reservation: 1m\n", `compose.yaml:3: services.web.mem_reservation: 1 MiB is too little (write 6m or more)`},
		{"reservation above limit", "    mem_limit: 10m\n    mem_reservation: 11m\n", `compose.yaml:4: services.web.mem_reservation: 11 MiB is more than the limit of memory, 10 MiB (write at most the limit)`},
		{"deployed reservation above limit", "    mem_limit: 10m\n    deploy: {resources: {reservations: {memory: 1G}}}\n", `compose.yaml:4: services.web.deploy.resources.reservations.memory: 1 GiB is more than the limit of memory, 10 MiB (write at most the limit)`},
		{"swap below memory", "    mem_limit: 10m\n    memswap_limit: 9m\n", `compose.yaml:4: services.web.memswap_limit: 9 MiB is less than the limit of memory, 10 MiB (it counts memory and swap together: write as much as the memory for no swap)`},
		{"swap alone", "    memswap_limit: 9m\n", `compose.yaml:3: services.web.memswap_limit: a limit of memory and swap together needs one of memory (write mem_limit as well)`},
		{"negative swap", "    memswap_limit: -2\n", `compose.yaml:3: services.web.memswap_limit: negative (write memory and swap together, or -1 for no limit)`},
		{"distinct memory", "    mem_limit: 10m\n    deploy: {resources: {limits: {memory: 20M}}}\n", `compose.yaml:3: services.web.mem_limit: differs from deploy.resources.limits.memory (remove one of them)`},
		{"distinct reservations", "    mem_reservation: 10m\n    deploy: {resources: {reservations: {memory: 20M}}}\n", `compose.yaml:3: services.web.mem_reservation: differs from deploy.resources.reservations.memory (remove one of them)`},
		{"distinct cpus", "    cpus: 0.5\n    deploy: {resources: {limits: {cpus: '0.6'}}}\n", `compose.yaml:3: services.web.cpus: differs from deploy.resources.limits.cpus (remove one of them)`},
		{"distinct pids", "    pids_limit: 5\n    deploy: {resources: {limits: {pids: 6}}}\n", `compose.yaml:3: services.web.pids_limit: differs from deploy.resources.limits.pids (remove one of them)`},
		{"cpus", "    cpus: 0.001\n", `compose.yaml:3: services.web.cpus: 0.001 is too little (write 0.01 or more)`},
		{"negative cpus", "    cpus: -1\n", `compose.yaml:3: services.web.cpus: -1 is too little (write 0.01 or more)`},
		{"absurd cpus", "    cpus: 1e30\n", `compose.yaml:3: services.web.cpus: so many processors are more than this machine has: N (write 0.01 to N)`},
		{"many cpus", "    cpus: 9000\n", `compose.yaml:3: services.web.cpus: 9000 processors are more than this machine has: N (write 0.01 to N)`},
		{"cpus twice", "    cpus: 0.5\n    cpu_quota: 5000\n", `compose.yaml:4: services.web.cpu_quota: cpus says the same in another way (remove one of them)`},
		{"cpus and period", "    cpu_period: 5000\n    deploy: {resources: {limits: {cpus: '0.5'}}}\n", `compose.yaml:3: services.web.cpu_period: deploy.resources.limits.cpus says the same in another way (remove one of them)`},
		{"quota", "    cpu_quota: 999\n", `compose.yaml:3: services.web.cpu_quota: 999 is not possible (it is in microseconds: write 1000 or more, or -1 for no limit)`},
		{"period", "    cpu_period: 1000001\n", `compose.yaml:3: services.web.cpu_period: 1000001 is not possible (it is in microseconds: write 1000 to 1000000)`},
		{"shares", "    cpu_shares: -1\n", `compose.yaml:3: services.web.cpu_shares: negative (write 2 to 262144)`},
		{"cpuset", "    cpuset: '0-'\n", `compose.yaml:3: services.web.cpuset: "0-" is not a list of processors: "0-" (write numbers and ranges: "0-2,4")`},
		{"absent processor", "    cpuset: '0,7999'\n", `compose.yaml:3: services.web.cpuset: there is no processor 7999 (this machine has LIST)`},
		{"weight", "    blkio_config:\n      weight: 5\n", `compose.yaml:4: services.web.blkio_config.weight: a weight of 5 is not possible (write 10 to 1000)`},
		{"disk", "    blkio_config:\n      device_read_bps: [{path: /dev/no-such-disk, rate: 1mb}]\n", `compose.yaml:4: services.web.blkio_config.device_read_bps: /dev/no-such-disk: no such file or directory (lsblk -p shows the disks of this machine)`},
		{"no disk", "    blkio_config:\n      weight_device: [{path: /dev/null, weight: 20}]\n", `compose.yaml:4: services.web.blkio_config.weight_device: /dev/null is no block device (lsblk -p shows the disks of this machine)`},
		{"relative disk", "    blkio_config:\n      device_write_iops: [{path: sda, rate: 5}]\n", `compose.yaml:4: services.web.blkio_config.device_write_iops: "sda" is not an absolute path (write the file of a disk: /dev/sda)`},
		{"high above limit", "    mem_limit: 10m\n    x-mocker:\n      memory_high: 10m\n", `compose.yaml:5: services.web.x-mocker.memory_high: 10 MiB is not below the limit of memory, 10 MiB: it would never slow anything down (write less than the limit, or take the limit away)`},
		{"high", "    x-mocker: {memory_high: much}\n", `compose.yaml:3: services.web.x-mocker.memory_high: much is not a size (write a size such as 200m)`},
		{"little high", "    x-mocker: {memory_high: 1m}\n", `compose.yaml:3: services.web.x-mocker.memory_high: 1 MiB is too little (write 6m or more)`},
		{"high at the wrong place", "    x-mocker: {memory_hihg: 1m}\n", `compose.yaml:3: services.web.x-mocker.memory_hihg: unknown key (did you mean "memory_high"?)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := fault(t, tree(t, "compose.yaml", "services:\n  web:\n"+tt.text)).Error()
			if head, _, ok := strings.Cut(tt.want, "N (write 0.01 to N)"); ok {
				got, tt.want = strings.TrimRight(got[:min(len(got), len(head))], "0123456789"), head
			} else if head, _, ok := strings.Cut(tt.want, "LIST"); ok {
				got, tt.want = got[:min(len(got), len(head))], head
			}
			if got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// A command that only looks does not care what machine it is on.
func TestResourcesOfAnotherMachine(t *testing.T) {
	text := "services: {web: {command: x, cpus: 9000, cpuset: '7999', blkio_config: {device_read_bps: [{path: /dev/no-such-disk, rate: 1mb}]}}}\n"
	l := mustLoad(t, tree(t, "compose.yaml", text), func(o *loader.Options) { o.Tolerant = true })
	want := project.Resources{NanoCPUs: 9000e9, Cpuset: "7999", Keys: []string{"blkio_config", "cpus", "cpuset"},
		BlkIO: project.BlkIO{ReadBps: []project.DeviceRate{{BlockDevice: project.BlockDevice{Path: "/dev/no-such-disk"}, Rate: mib}}}}
	if got := l.Project.Services[0].Resources; !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

// A one-off container has the limits of its service, also those below deploy.
func TestResourcesOfOneOff(t *testing.T) {
	text := "services: {web: {command: x, mem_limit: 64m, deploy: {replicas: 3, resources: {limits: {cpus: '0.5'}}}}}\n"
	l := mustLoad(t, tree(t, "compose.yaml", text), func(o *loader.Options) { o.OneOff = &loader.OneOff{Service: "web"} })
	if r := l.OneOff.Resources; r.Memory != 64*mib || r.NanoCPUs != 500_000_000 || l.OneOff.Scale != 1 {
		t.Errorf("%+v, scale %d", r, l.OneOff.Scale)
	}
}

// Two loads that differ in limits only have one fingerprint.
func TestResourcesAreNotInTheHash(t *testing.T) {
	hash := func(text string) string {
		p := mustLoad(t, tree(t, "compose.yaml", "services: {web: {command: x"+text+"}}\n")).Project
		return p.Hash(&p.Services[0])
	}
	base := hash("")
	for _, text := range []string{", mem_limit: 1g", ", deploy: {resources: {limits: {cpus: '0.5'}}}", ", x-mocker: {memory_high: 1g}", ", cpuset: '0'"} {
		if hash(text) != base {
			t.Errorf("%s changes the fingerprint", text)
		}
	}
}

// What is not as written is said.
func TestResourceNotices(t *testing.T) {
	for text, want := range map[string]string{
		"mem_limit: 1g":           "",
		"mem_swappiness: 10":      "cgroup v2",
		"oom_kill_disable: true":  "cgroup v2",
		"oom_kill_disable: false": "",
		"cpu_shares: 1":           "it is 2",
		"cpu_shares: 300000":      "it is 262144",
		"cpu_rt_runtime: 5":       "cgroup v2",
		"deploy: {resources: {reservations: {cpus: '0.5'}}}": "swarm",
	} {
		n := mustLoad(t, tree(t, "compose.yaml", "services: {web: {command: x, "+text+"}}\n")).Project.Notices
		if want == "" && len(n) > 0 || want != "" && (len(n) != 1 || !strings.Contains(n[0].Reason, want) || n[0].Source.Line != 1) {
			t.Errorf("%s: %+v, want one with %q", text, n, want)
		}
	}
}

// config prints the keys as docker compose does: sizes in bytes, nothing of ours.
func TestConfigOfLimits(t *testing.T) {
	l := mustLoad(t, tree(t, "compose.yaml", `
name: p
services:
  web:
    image: x
    mem_limit: 100m
    memswap_limit: -1
    cpus: 0.5
    cpuset: "0"
    pids_limit: 50
    blkio_config: {weight: 300}
    deploy: {resources: {limits: {pids: 50}, reservations: {cpus: '0.25', memory: 20M}}}
    x-mocker: {memory_high: 50m}
`))
	got, err := l.Config("")
	if err != nil {
		t.Fatal(err)
	}
	const want = `name: p
services:
  web:
    deploy:
      resources:
        limits:
          pids: 50
        reservations:
          cpus: 0.25
          memory: "20971520"
    blkio_config:
      weight: 300
    cpus: 0.5
    cpuset: "0"
    image: x
    mem_limit: "104857600"
    memswap_limit: "-1"
    networks:
      default: null
    pids_limit: 50
    x-mocker:
      memory_high: 50m
networks:
  default:
    name: p_default
`
	if string(got) != want {
		t.Errorf("got\n%s", got)
	}
}
