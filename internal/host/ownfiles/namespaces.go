package ownfiles

import (
	"context"
	"errors"
	"os"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/rootless"
)

// ErrNoExchange says why nothing is exchanged on some machines.
var ErrNoExchange = rootless.ErrNoExchange

// Store is that of a project's holder (package kept).
type Store interface {
	Claim(name string) *os.File
	Keep(name string, f *os.File) error
}

// prefix begins the names of the namespaces there (package kept knows it).
const prefix = "own/"

// Namespaces are the user namespaces of a project in which ids have changed places, one
// for each pair. The project's holder keeps them, and they end with it.
type Namespaces struct {
	store Store
	mu    sync.Mutex // held while one is made
	open  map[exchange.IDs]*os.File
}

// Keep uses a store.
func Keep(s Store) *Namespaces { return &Namespaces{store: s, open: map[exchange.IDs]*os.File{}} }

// Of is the namespace for a pair, which is made if there is none; nil, the caller's own,
// for none.
func (n *Namespaces) Of(ctx context.Context, x exchange.IDs) (*os.File, error) {
	if x.None() {
		return nil, nil //nolint:nilnil // our own
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if ns := n.open[x]; ns != nil {
		return ns, nil
	}
	name := prefix + x.String()
	ns := n.store.Claim(name)
	if ns == nil {
		var err error
		if ns, err = rootless.ExchangedUserNS(ctx, x); err != nil {
			return nil, err
		}
		if err := n.store.Keep(name, ns); err != nil {
			ns.Close()
			return nil, err
		}
	}
	n.open[x] = ns
	return ns, nil
}

// Close closes our own files of them.
func (n *Namespaces) Close() error {
	if n == nil {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	var errs []error
	for _, ns := range n.open {
		errs = append(errs, ns.Close())
	}
	clear(n.open)
	return errors.Join(errs...)
}
