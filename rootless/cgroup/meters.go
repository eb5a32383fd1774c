package cgroup

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// meters are the open files of a group that is looked at again and again. To
// open a file of the kernel costs several times what it costs to read it.
type meters struct {
	files [meterCount]int // -1: is not there
	// The limits change by Set alone, which throws the meters away.
	memoryMax, pidsMax uint64
	buf                []byte
}

const (
	cpuStat = iota
	memoryCurrent
	memoryStat
	pidsCurrent
	ioStat
	cpuPressure
	memoryPressure
	ioPressure
	meterCount
)

var meterNames = [meterCount]string{
	"cpu.stat", "memory.current", "memory.stat", "pids.current", "io.stat",
	"cpu.pressure", "memory.pressure", "io.pressure",
}

func (g *Group) openMeters() *meters {
	m := &meters{memoryMax: Max, pidsMax: Max, buf: make([]byte, 0, 4096)}
	for i, name := range meterNames {
		m.files[i] = -1
		if fd, err := openAt(g.dir, name, unix.O_RDONLY); err == nil {
			m.files[i] = fd
		}
	}
	if text, err := readAt(g.dir, "memory.max"); err == nil {
		m.memoryMax = limitOf(text)
	}
	if text, err := readAt(g.dir, "pids.max"); err == nil {
		m.pidsMax = limitOf(text)
	}
	return m
}

// forgetMeters is called with the lock.
func (g *Group) forgetMeters() {
	if g.meters == nil {
		return
	}
	for _, fd := range g.meters.files {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	g.meters = nil
}

// Rest closes the files that Sample keeps open; the next one opens them again.
func (g *Group) Rest() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forgetMeters()
}

// read returns the text of a file, which is good until the next call.
func (m *meters) read(i int) (text []byte, ok bool) {
	if m.files[i] < 0 {
		return nil, false
	}
	// The kernel makes the whole text at the first read: if there was room for more,
	// that was all of it, and a second read, to see its end, would cost as much again.
	b := m.buf[:cap(m.buf)]
	n, err := unix.Pread(m.files[i], b, 0)
	if err == nil && n < len(b) {
		return b[:n], true
	}
	b, err = readAll(m.files[i], b[:0])
	m.buf = b[:0]
	return b, err == nil
}

// Sample reads what the group uses. The files stay open until Rest or Close: with a
// hundred groups that are looked at once a second, this is most of the price.
func (g *Group) Sample() (Sample, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.meters == nil {
		g.meters = g.openMeters()
	}
	m := g.meters
	s := Sample{At: time.Now()}
	b, ok := m.read(cpuStat)
	if !ok {
		g.forgetMeters()
		return s, errors.New(g.dir.Name() + " is no more")
	}
	s.CPU = parseCPU(b)
	m.memory(&s)
	if b, ok := m.read(pidsCurrent); ok {
		s.Pids = &PidsSample{Current: number(b), Limit: m.pidsMax}
	}
	if b, ok := m.read(ioStat); ok {
		s.IO = parseIO(b)
	}
	for _, p := range []struct {
		file int
		to   **Pressure
	}{{cpuPressure, &s.CPUPressure}, {memoryPressure, &s.MemoryPressure}, {ioPressure, &s.IOPressure}} {
		if b, ok := m.read(p.file); ok {
			*p.to = parsePressure(b)
		}
	}
	return s, nil
}

func (m *meters) memory(s *Sample) {
	b, ok := m.read(memoryCurrent)
	if !ok {
		return
	}
	s.Memory = &MemorySample{Current: number(b), Limit: m.memoryMax}
	if b, ok := m.read(memoryStat); ok {
		s.Memory.InactiveFile = field(b, "inactive_file")
	}
}
