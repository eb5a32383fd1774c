package cgroup

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Unmet is a part of a wish that could not be had.
type Unmet struct {
	Controller string // "memory"
	File       string // "memory.max"
	Want       string // what should be in it
	Err        error  // why it is not
}

func (u Unmet) String() string {
	return fmt.Sprintf("%s is not %s: %v", u.File, u.Want, u.Err)
}

// ErrNoController: the controller is not delegated to us, or not built into the kernel.
var ErrNoController = errors.New("the controller is not available here")

// ErrNoFile: the controller is there, but not this ability of it.
var ErrNoFile = errors.New("this kernel does not have it")

// begin is Set for a group that was just made.
func (g *Group) begin(r *specs.LinuxResources) ([]Unmet, error) {
	if err := writeAt(g.dir, "memory.oom.group", "1"); err != nil && !errors.Is(err, unix.ENOENT) {
		return nil, fmt.Errorf("memory.oom.group of %s: %w", g.dir.Name(), err)
	}
	g.fresh = true
	unmet, err := g.Set(r)
	g.fresh = false
	return unmet, err
}

// Set makes the limits those of r, while processes run. What r does not name is
// unlimited afterwards. After an error all is as it was: a [BusyError] if less memory is allowed
// than is in use, and it could not be taken back.
func (g *Group) Set(r *specs.LinuxResources) ([]Unmet, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forgetMeters()
	controllers, err := readAt(g.dir, "cgroup.controllers")
	if err != nil {
		return nil, err
	}
	have := strings.Fields(controllers)
	list := wishes(r)
	if !g.fresh {
		list = append(list, g.formerDevices(list)...)
	}
	// Memory is refused after swap, which may help to take it back, and before all else.
	swap, _ := readAt(g.dir, "memory.swap.max")
	var unmet []Unmet
	for _, w := range list {
		err := w.err
		switch {
		case err != nil:
		case !slices.Contains(have, w.controller()):
			err = ErrNoController
		default:
			err = g.fulfil(w)
		}
		var busy *BusyError
		if errors.As(err, &busy) {
			if back := writeAt(g.dir, "memory.swap.max", swap); swap != "" && back != nil {
				err = errors.Join(err, fmt.Errorf("memory.swap.max of %s is not %s again: %w", g.dir.Name(), swap, back))
			}
			return nil, err
		}
		if err != nil && w.asked {
			unmet = append(unmet, Unmet{w.controller(), w.file, w.value, err})
		}
	}
	return unmet, nil
}

// fulfil writes a wish, if the file does not say so already.
func (g *Group) fulfil(w wish) error {
	if g.fresh {
		if w.value == w.initial {
			return nil
		}
	} else if now, err := readAt(g.dir, w.file); err == nil && now == w.value {
		return nil
	}
	if w.file == "memory.max" && !g.fresh {
		return g.lowerMemory(w.value)
	}
	text := w.value
	if text == "" {
		text = "\n" // an empty write would not reach the kernel's handler
	}
	err := writeAt(g.dir, w.file, text)
	if w.value == "" && errors.Is(err, unix.ENOSPC) {
		return g.asParent(w.file)
	}
	if !errors.Is(err, unix.ENOENT) {
		return err
	}
	if w.file == weightFiles[0] {
		of, n, _ := strings.Cut(w.value, " ")
		weight, _ := strconv.ParseUint(n, 10, 64)
		err = writeAt(g.dir, weightFiles[1], of+" "+strconv.FormatUint(bfqWeight(weight), 10))
	}
	if errors.Is(err, unix.ENOENT) {
		return ErrNoFile
	}
	return err
}

// asParent gives the group all processors, or nodes of memory, that its parent has: what
// has processes cannot have an empty set again (kernel/cgroup/cpuset.c, validate_change),
// which would mean the same.
func (g *Group) asParent(file string) error {
	all, err := readAt(g.dir, "../"+file+".effective")
	if err != nil {
		return err
	}
	return writeAt(g.dir, file, all)
}

// formerDevices are wishes to forget limits of devices that are not wished for any more.
func (g *Group) formerDevices(list []wish) []wish {
	var undo []wish
	for _, file := range []string{"io.max", weightFiles[0], weightFiles[1]} {
		text, err := readAt(g.dir, file)
		if err != nil {
			continue
		}
		for line := range strings.Lines(text) {
			dev, now, _ := strings.Cut(strings.TrimSpace(line), " ")
			if w, ok := former(file, dev, now); ok && !wished(list, file, dev) {
				undo = append(undo, w)
			}
		}
	}
	return undo
}

// wished tells whether the list says something of a device. A weight is written to
// whichever file there is, and wished for by the name of the first.
func wished(list []wish, file, dev string) bool {
	if file == weightFiles[1] {
		file = weightFiles[0]
	}
	return slices.ContainsFunc(list, func(w wish) bool { return w.file == file && strings.HasPrefix(w.value, dev+" ") })
}

func former(file, dev, now string) (wish, bool) {
	switch {
	case dev == "":
		return wish{}, false
	case file == "io.max":
		return wish{file: file, value: dev + " rbps=max wbps=max riops=max wiops=max"}, true
	case dev == "default":
		return wish{file: file, value: "default 100"}, now != "100"
	}
	return wish{file: file, value: dev + " default"}, true
}
