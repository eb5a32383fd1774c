package inside

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build/worker"
	"github.com/mocker-compose/mocker-compose/internal/build/worker/stepgroup"
	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/host/pids"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/layerstore"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/undo"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// keyring is the session keyring of all builds.
const keyring = "mocker-compose/+build"

// process is the worker.
type process struct {
	dirs     state.Dirs
	conn     *wire.Conn
	store    *image.Store
	holder   *rootless.HolderClient
	scratch  *os.File // directory of the holder's scratch tmpfs
	net      *network
	union    func() union
	empty    string // an empty directory, below what has no layers
	singleID bool
	portable bool
	keyring  string
	groups   *stepgroup.Keeper

	mu      sync.Mutex
	jobs    map[int]context.CancelFunc
	noticed map[string]bool
	leases  []*layerstore.Lease
	serial  int
}

// Run is the body of the process; args are the run dir, the data dir, and what
// MOCKER_CGROUP is for who builds. It returns an exit code.
func Run(args []string) int {
	if len(args) != 3 {
		fmt.Fprintf(os.Stderr, "%s: %q: wanted run dir, data dir and cgroup\n", worker.Role, args)
		return 2
	}
	if args[2] != "" {
		_ = os.Setenv(delegate.HandOver, args[2]) // fails for names that are none
	}
	// A Ctrl-C is for the command that started us: it closes the socket.
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT)
	_, _ = unix.Setsid() // in vain if we lead a group already
	conn, err := connection()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", worker.Role, err)
		return 2
	}
	var back undo.Stack
	defer func() { _ = back.Run() }()
	p, err := open(state.Dirs{Run: args[0], Data: args[1]}, conn, &back)
	if err != nil {
		_ = conn.Send(worker.Answer{Error: "start the build worker: " + cause.Line(err)})
		return 1
	}
	if err := conn.Send(worker.Answer{}); err != nil {
		return 1
	}
	p.serve()
	return 0
}

// connection is the socket on standard input.
func connection() (*wire.Conn, error) {
	c, err := net.FileConn(os.Stdin)
	if err != nil {
		return nil, err
	}
	os.Stdin.Close()
	uc, ok := c.(*net.UnixConn)
	if !ok {
		return nil, errors.New("standard input is no unix socket")
	}
	return wire.NewConn(uc), nil
}

// open acquires what all jobs share; back gives it back.
func open(dirs state.Dirs, conn *wire.Conn, back *undo.Stack) (p *process, err error) {
	p = &process{
		dirs: dirs, conn: conn, portable: rootless.UsePortable(),
		jobs: map[int]context.CancelFunc{}, noticed: map[string]bool{},
	}
	if rootless.HasKeyrings() {
		p.keyring = keyring
	}
	if p.store, err = image.Open(dirs.Images()); err != nil {
		return nil, err
	}
	if p.singleID, err = oneIDOnly(dirs.Images()); err != nil {
		return nil, err
	}
	if err := p.store.Layers().SetOneID(p.singleID); err != nil {
		return nil, err
	}
	p.empty = filepath.Join(dirs.Data, "empty")
	if err := os.Mkdir(p.empty, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	if err := sandbox.MakeBuildBase(p.baseLayer()); err != nil {
		return nil, err
	}
	// The tmpfs lies, in the holder's mount namespace, on a directory that there is anyway.
	if p.holder, err = rootless.StartOwnHolder(dirs.ProjectsRun(), keyring); err != nil {
		return nil, err
	}
	if err := p.openGroups(back); err != nil {
		return nil, errors.Join(err, p.endHolder())
	}
	back.Add("holder", p.endHolder)
	kept, err := p.holder.Kept()
	if err != nil {
		return nil, err
	}
	p.scratch = kept[rootless.ScratchName]
	back.Add("scratch directory", p.scratch.Close)
	p.net = &network{router: kept[rootless.RouterName], notice: p.notice}
	back.Add("network", p.net.close)
	p.union = sync.OnceValue(p.chooseUnion)
	back.Add("layers", p.release)
	return p, nil
}

// openGroups begins to look for a place where steps can have groups. It is given back
// when the holder, which is there too, has ended.
func (p *process) openGroups(back *undo.Stack) error {
	holder, err := pids.Of(p.holder.Pidfd())
	if err != nil {
		return err
	}
	p.groups = stepgroup.Open(stepgroup.Config{Dir: filepath.Join(p.dirs.Run, "builds"), Holder: holder, Start: rootless.RunRole})
	back.Add("cgroup", p.groups.Close)
	return nil
}

func (p *process) endHolder() error {
	err := p.holder.End()
	p.holder.Close()
	return err
}

// release lets go of the layers that were made.
func (p *process) release() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, l := range p.leases {
		errs = append(errs, l.Close())
	}
	p.leases = nil
	return errors.Join(errs...)
}

// notice tells the user something, once.
func (p *process) notice(text string) {
	p.mu.Lock()
	known := p.noticed[text]
	p.noticed[text] = true
	p.mu.Unlock()
	if !known {
		_ = p.conn.Send(worker.Answer{Notice: text}) // whoever does not hear it is about to end us
	}
}

// serve takes jobs until the client has gone, and returns when none is left.
func (p *process) serve() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { // of workers that were killed
		if err := p.store.Sweep(ctx); err != nil && ctx.Err() == nil {
			p.notice("what an earlier build has left in the image store stays: " + cause.Line(err))
		}
	})
	go func() {
		<-p.holder.Gone()
		cancel()
		p.conn.Close()
	}()
	for {
		var req worker.Request
		files, err := p.conn.Receive(&req)
		if err != nil || req.Op == worker.OpEnd {
			return
		}
		if req.Op == worker.OpCancel {
			p.cancel(req.ID)
			continue
		}
		job, end := p.begin(ctx, req.ID)
		wg.Go(func() {
			defer end()
			answer := p.do(job, &req, files)
			closeAll(files)
			_ = p.conn.Send(answer) // in vain if the client has gone, which ends us
		})
	}
}

// begin makes a job's context, which cancel ends.
func (p *process) begin(ctx context.Context, id int) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.jobs[id] = cancel
	return ctx, func() {
		cancel()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.jobs, id)
	}
}

func (p *process) cancel(id int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if cancel := p.jobs[id]; cancel != nil {
		cancel()
	}
}

// next is a number that no other step has.
func (p *process) next() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.serial++
	return p.serial
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
