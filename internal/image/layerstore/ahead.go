package layerstore

import "sync"

// aheadStep is after how many bytes of unpacked blobs the disk is given work.
const aheadStep = 16 << 20

// Ahead brings layers to disk while more are being unpacked: the disk would idle until
// the commit, and the commit wait for all of it.
type Ahead struct {
	store *Store

	mu      sync.Mutex
	pending int64         // bytes, since the last sync began
	running chan struct{} // closed when it has ended; nil = none is under way
	err     error         // syncfs(2) tells a failed write once: the commit's would not hear of it
}

// Ahead is for layers that one process makes.
func (s *Store) Ahead() *Ahead { return &Ahead{store: s} }

// Add counts what was unpacked.
func (a *Ahead) Add(n int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending += n
	if a.running != nil || a.pending < aheadStep || a.err != nil {
		return
	}
	a.pending, a.running = 0, make(chan struct{})
	go func() {
		err := a.store.Sync()
		a.mu.Lock()
		defer a.mu.Unlock()
		close(a.running)
		a.running, a.err = nil, err
	}()
}

// Settle waits for what is under way, and returns the error of any that was.
func (a *Ahead) Settle() error {
	a.mu.Lock()
	running := a.running
	a.mu.Unlock()
	if running != nil {
		<-running
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}
