package bounds

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// Source is the file that the limits are from. Keys are paths: services, NAME, KEY.
type Source interface {
	// Fault is an error at the line of a key.
	Fault(hint, message string, key ...string) error
	// Has reports that the file has the key.
	Has(key ...string) bool
	// Fraction is the text of a number that is not a whole one, "" if it is no such number.
	Fraction(key ...string) string
	// Degraded says that a key is not quite as it is written, and why.
	Degraded(reason string, key ...string)
	// Tolerant: whether this machine can do it does not matter.
	Tolerant() bool
}

// Convert converts the limits of a service.
func Convert(src Source, s types.ServiceConfig) (project.Resources, error) {
	var r project.Resources
	var limits, reservations types.Resource
	if s.Deploy != nil && s.Deploy.Resources.Limits != nil {
		limits = *s.Deploy.Resources.Limits
	}
	if s.Deploy != nil && s.Deploy.Resources.Reservations != nil {
		reservations = *s.Deploy.Resources.Reservations
	}
	b := converter{src: src, s: s.Name, r: &r}
	for _, step := range []func() error{
		func() error {
			return b.number(&r.Memory, int64(s.MemLimit), int64(limits.MemoryBytes), "mem_limit", "deploy.resources.limits.memory")
		},
		func() error {
			return b.number(&r.MemoryReservation, int64(s.MemReservation), int64(reservations.MemoryBytes), "mem_reservation", "deploy.resources.reservations.memory")
		},
		func() error { return b.number(&r.MemorySwap, int64(s.MemSwapLimit), 0, "memswap_limit", "") },
		func() error {
			return b.choose(&r.NanoCPUs, nano(s.CPUS), nano(limits.NanoCPUs.Value()), "cpus", "deploy.resources.limits.cpus")
		},
		func() error { return b.number(&r.CPUShares, s.CPUShares, 0, "cpu_shares", "") },
		func() error { return b.number(&r.CPUQuota, s.CPUQuota, 0, "cpu_quota", "") },
		func() error { return b.number(&r.CPUPeriod, s.CPUPeriod, 0, "cpu_period", "") },
		func() error {
			return b.number(&r.Pids, b.pids(s.PidsLimit, "pids_limit"), b.pids(limits.Pids, "deploy.resources.limits.pids"), "pids_limit", "deploy.resources.limits.pids")
		},
		b.memory, b.cpu,
		func() error { return b.cpuset(s.CPUSet) },
		func() error { return b.blockIO(s.BlkioConfig) },
	} {
		if err := step(); err != nil {
			return r, err
		}
	}
	slices.Sort(r.Keys)
	return r, nil
}

// converter has the limits of one service while they are converted.
type converter struct {
	src Source
	s   string // the service's name
	r   *project.Resources
}

// at is the path of a key, given with dots.
func (b *converter) at(key string) []string {
	return append([]string{"services", b.s}, strings.Split(key, ".")...)
}

// fault is an error at a key of the service.
func (b *converter) fault(key, hint, message string) error {
	return b.src.Fault(hint, fmt.Sprintf("services.%s.%s: %s", b.s, key, message), b.at(key)...)
}

// wrote notes a key that the file has.
func (b *converter) wrote(key string) { b.r.Keys = append(b.r.Keys, key) }

// key is the one of several that the file has: the one that decided.
func (b *converter) key(names ...string) string {
	for _, n := range names {
		if slices.Contains(b.r.Keys, n) {
			return n
		}
	}
	return names[0]
}

// number is choose for what is a whole number.
func (b *converter) number(to *int64, own, deployed int64, key, deployKey string) error {
	if err := b.whole(key, own); err != nil {
		return err
	}
	if err := b.whole(deployKey, deployed); err != nil {
		return err
	}
	return b.choose(to, own, deployed, key, deployKey)
}

// choose takes the value of a service's key, or of the deploy key that goes before it.
// 0 = not said.
func (b *converter) choose(to *int64, own, deployed int64, key, deployKey string) error {
	*to = own
	switch {
	case deployed != 0 && own != 0 && own != deployed:
		return b.fault(key, "remove one of them", "differs from "+deployKey)
	case deployed != 0:
		*to = deployed
		b.wrote(deployKey)
	case own != 0:
		b.wrote(key)
	}
	return nil
}

// whole refuses a number with a fraction, or one that is larger than all whole ones,
// where the library, which wants a whole one, has made another of it, or none.
func (b *converter) whole(key string, value int64) error {
	if key == "" {
		return nil
	}
	n := b.src.Fraction(b.at(key)...)
	if n == "" {
		return nil
	}
	if f, err := strconv.ParseFloat(n, 64); err == nil && int64(f) == value && float64(value) == f {
		return nil
	}
	return b.fault(key, "write a whole number, or a size with a unit: 1.5g", n+" is not a whole number")
}

// nano is a number of processors in billionths. The library has it as a float32,
// whose shortest decimal is what the file says.
func nano(cpus float32) int64 {
	f, err := strconv.ParseFloat(strconv.FormatFloat(float64(cpus), 'g', -1, 32), 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > 1e6 {
		return math.MaxInt64
	}
	return int64(math.Round(f * 1e9))
}

// pids is a limit of processes: 0 is none where it is written, as -1 is.
func (b *converter) pids(n int64, key string) int64 {
	if n < 0 || n == 0 && b.src.Has(b.at(key)...) {
		return -1
	}
	return n
}
