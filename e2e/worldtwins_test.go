package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// worldKeepers run tests in worlds, as many at the same time as there are accounts: the
// leak census goes by account. Most of such a test is waiting for what does not
// answer.
type worldKeepers struct {
	first *worldKeeper
	free  chan *worldKeeper
}

func newWorldKeepers(all ...*worldKeeper) *worldKeepers {
	k := &worldKeepers{first: all[0], free: make(chan *worldKeeper, len(all))}
	for _, one := range all {
		k.free <- one
	}
	return k
}

// Run runs a test in a world of its own.
func (k *worldKeepers) Run(req WorldRun, res *WorldResult) error {
	one := <-k.free
	for req.AtHome && one != k.first {
		k.free <- one
		one = <-k.free
	}
	defer func() { k.free <- one }()
	return one.run(req, res)
}

// twin is a keeper with another account, and a directory that is a copy.
func (k *worldKeeper) twin() (*worldKeeper, error) {
	account, err := testns.TwinUser()
	if err != nil {
		return nil, err
	}
	dir := k.dir + "w"
	err = errors.Join(os.CopyFS(dir, os.DirFS(k.dir)), os.Chmod(dir, 0o755), account.Give(dir))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &worldKeeper{dir: dir, self: filepath.Join(dir, filepath.Base(k.self)), account: account}, nil
}

// secondUser makes the second user once.
var secondUser = sync.OnceValues(testns.SecondUser)
