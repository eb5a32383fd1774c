package bounds

import (
	"fmt"

	"github.com/docker/go-units"

	"github.com/mocker-compose/mocker-compose/project"
)

// leastMemory is the least limit of memory that docker takes: with less, no process
// comes as far as its first instruction.
const leastMemory = 6 << 20

// memory holds the limits of memory against docker's rules.
func (b *converter) memory() error {
	r := b.r
	limit := b.key("deploy.resources.limits.memory", "mem_limit")
	reservation := b.key("deploy.resources.reservations.memory", "mem_reservation")
	little := func(n int64) bool { return n != 0 && n < leastMemory }
	switch {
	case little(r.Memory):
		return b.fault(limit, "write 6m or more", bytesText(r.Memory)+" is too little")
	case little(r.MemoryReservation):
		return b.fault(reservation, "write 6m or more", bytesText(r.MemoryReservation)+" is too little")
	case r.MemorySwap < -1:
		return b.fault("memswap_limit", "write memory and swap together, or -1 for no limit", "negative")
	case r.MemorySwap > 0 && r.Memory == 0:
		return b.fault("memswap_limit", "write mem_limit as well", "a limit of memory and swap together needs one of memory")
	case r.MemorySwap > 0 && r.MemorySwap < r.Memory:
		return b.fault("memswap_limit", "it counts memory and swap together: write as much as the memory for no swap",
			fmt.Sprintf("%s is less than the limit of memory, %s", bytesText(r.MemorySwap), bytesText(r.Memory)))
	case r.Memory > 0 && r.MemoryReservation > r.Memory:
		return b.fault(reservation, "write at most the limit",
			fmt.Sprintf("%s is more than the limit of memory, %s", bytesText(r.MemoryReservation), bytesText(r.Memory)))
	}
	return nil
}

// bytesText is a size as errors have it.
func bytesText(n int64) string {
	if n < 0 {
		return fmt.Sprint(n)
	}
	return project.Size(n)
}

// MemoryHigh adds the value of x-mocker.memory_high of a service, a size, to its limits.
func MemoryHigh(src Source, service, value string, r *project.Resources) error {
	const key = "x-mocker.memory_high"
	b := converter{src: src, s: service, r: r}
	n, err := units.RAMInBytes(value)
	limit := r.Memory
	switch {
	case err != nil || n < 0:
		return b.fault(key, "write a size such as 200m", value+" is not a size")
	case n == 0:
		return nil
	case n < leastMemory:
		return b.fault(key, "write 6m or more", bytesText(n)+" is too little")
	case limit > 0 && n >= limit:
		return b.fault(key, "write less than the limit, or take the limit away",
			fmt.Sprintf("%s is not below the limit of memory, %s: it would never slow anything down", bytesText(n), bytesText(limit)))
	}
	r.MemoryHigh = n
	b.wrote(key)
	return nil
}
