package statscmd

import (
	"strconv"

	"github.com/docker/go-units"
)

const (
	unknown = "--"
	shortID = 12 // hex digits
)

func (r *row) id(whole bool) string {
	if whole {
		return r.ID
	}
	return r.ID[:min(shortID, len(r.ID))]
}

// docker says of a container that does not run that it uses nothing.

func (r *row) cpuText() string {
	if !r.runs() {
		return percent(0)
	}
	return orUnknown(r.cpu, percent)
}

func (r *row) memoryText() string {
	if !r.runs() {
		return "0B / 0B"
	}
	return orUnknown(r.Memory, binary) + " / " + binary(r.MemoryLimit)
}

// memoryShare is in percent of the limit; nil: not known.
func (r *row) memoryShare() *float64 {
	var p float64
	switch {
	case !r.runs():
	case r.Memory == nil || r.MemoryLimit == 0:
		return nil
	default:
		p = 100 * float64(*r.Memory) / float64(r.MemoryLimit)
	}
	return &p
}

func (r *row) netText() string   { return r.pair(r.Received, r.Sent) }
func (r *row) blockText() string { return r.pair(r.Read, r.Written) }

func (r *row) pair(a, b *uint64) string {
	switch {
	case !r.runs():
		return "0B / 0B"
	case a == nil || b == nil:
		return unknown
	}
	return decimal(*a) + " / " + decimal(*b)
}

func (r *row) pidsText() string {
	if !r.runs() {
		return "0"
	}
	return orUnknown(r.PIDs, func(n uint64) string { return strconv.FormatUint(n, 10) })
}

func orUnknown[T any](v *T, text func(T) string) string {
	if v == nil {
		return unknown
	}
	return text(*v)
}

func percent(p float64) string { return strconv.FormatFloat(p, 'f', 2, 64) + "%" }
func binary(n uint64) string   { return units.BytesSize(float64(n)) }
func decimal(n uint64) string  { return units.HumanSizeWithPrecision(float64(n), 3) }
