package systemd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

const (
	// patience bounds the wait for a manager to say anything.
	patience = 5 * time.Second
	// jobPatience bounds what it then does. A loaded machine needs seconds for a scope;
	// to give up leaves a project without its limits.
	jobPatience = 15 * time.Second
)

// RunRole is the body of the process. It returns an exit code.
func RunRole() int {
	var q delegate.Question
	if err := json.NewDecoder(os.Stdin).Decode(&q); err != nil {
		fmt.Fprintf(os.Stderr, "%s: question: %v\n", delegate.Role, err)
		return 2
	}
	if err := json.NewEncoder(os.Stdout).Encode(Answer(context.Background(), q)); err != nil {
		return 1
	}
	return 0
}

// Answer carries a question out.
func Answer(ctx context.Context, q delegate.Question) delegate.Answer {
	var errs []error
	for _, address := range q.Addresses {
		a, err := answerAt(ctx, address, q)
		if err == nil {
			a.Address = address
			return a
		}
		errs = append(errs, fmt.Errorf("%s: %w", address, err))
	}
	if len(errs) == 0 {
		errs = append(errs, errors.New("there is no socket of it"))
	}
	return delegate.Answer{Unreachable: true, Error: errors.Join(errs...).Error()}
}

// answerAt asks at one address. An error: nobody answers there; what the manager
// refuses is an answer.
func answerAt(ctx context.Context, address string, q delegate.Question) (a delegate.Answer, err error) {
	ctx, cancel := context.WithCancel(ctx) // the connection ends with it
	defer cancel()
	limit := time.AfterFunc(patience, cancel)
	defer limit.Stop()
	defer func() {
		if err != nil && ctx.Err() != nil {
			err = fmt.Errorf("it does not answer: %w", err)
		}
	}()
	m, err := connect(ctx, address, q.UID)
	if err != nil {
		return a, err
	}
	defer m.conn.Close()
	limit.Reset(jobPatience)
	switch q.Op {
	case delegate.OpScope:
		err = m.scope(ctx, q, &a)
	case delegate.OpAttach:
		err = m.conn.AttachProcessesToUnit(ctx, q.Unit, q.Below, ids(q.PIDs))
	case delegate.OpProbe:
		q.PIDs = []int{os.Getpid()}
		if err = m.scope(ctx, q, &a); err == nil && !a.Taken {
			a.Controllers, err = delegate.TryOwn()
		}
	default:
		err = fmt.Errorf("unknown question %q", q.Op)
	}
	if lost(ctx, err) {
		return a, err
	}
	if err != nil {
		a.Error = err.Error()
	}
	return a, nil
}

func ids(pids []int) []uint32 {
	list := make([]uint32, 0, len(pids))
	for _, p := range pids {
		list = append(list, uint32(p))
	}
	return list
}
