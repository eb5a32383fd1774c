package clienttest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/logs"
)

// Writer writes logs as containers do.
type Writer struct {
	t     *testing.T
	w     *World
	mover *logs.Mover
	pipes map[string]*os.File
	dirs  map[string]string
}

// Writer makes a writer of a project's logs.
func (w *World) Writer(project string) *Writer {
	w.t.Helper()
	root := w.Dirs.ProjectData(project)
	if err := os.MkdirAll(filepath.Join(root, "c"), 0o700); err != nil {
		w.t.Fatal(err)
	}
	m, err := logs.OpenMover(root, logs.MoverOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { m.Close() })
	return &Writer{t: w.t, w: w, mover: m, pipes: map[string]*os.File{}, dirs: map[string]string{}}
}

// Open makes the streams of a container.
func (l *Writer) Open(project, container string) {
	l.t.Helper()
	dir := l.w.Dirs.LogDir(project, container)
	for _, name := range []string{"stdout", "stderr"} {
		r, p, err := logs.NewPipe()
		if err != nil {
			l.t.Fatal(err)
		}
		l.t.Cleanup(func() { r.Close(); p.Close() })
		if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
			l.t.Fatal(err)
		}
		if err := l.mover.Add(logs.Stream{Dir: dir, Name: name, Pipe: r}); err != nil {
			l.t.Fatal(err)
		}
		l.pipes[container+"/"+name] = p
	}
	l.dirs[container] = dir
}

// Write writes text, and returns when it is in the file.
func (l *Writer) Write(container, stream, text string) {
	l.t.Helper()
	if _, err := l.pipes[container+"/"+stream].WriteString(text); err != nil {
		l.t.Fatal(err)
	}
	if err := l.mover.Drain(Bounded(l.t), l.dirs[container]); err != nil {
		l.t.Fatal(err)
	}
}
