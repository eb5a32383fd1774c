package lookcmd

import (
	"context"
	"os/user"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/processes"
	"github.com/mocker-compose/mocker-compose/internal/show"
)

// TopOptions are the flags of top: it has none.
type TopOptions struct{}

// Register defines the flags in fs.
func (*TopOptions) Register(*pflag.FlagSet) {}

// Top prints the processes of running containers, with the host's pids.
func Top(ctx context.Context, e *client.Env, t client.Target, _ *TopOptions, services []string) error {
	cs, err := e.OfServices(ctx, t, services, false, client.IsUp)
	if err != nil {
		return err
	}
	// All of the project: they may share a pid namespace.
	all, err := e.OfServices(ctx, t, nil, false, client.IsUp)
	if err != nil {
		return err
	}
	var first []int
	for i := range all {
		first = append(first, all[i].PID)
	}
	members, err := processes.Host.Members(first)
	if err != nil {
		return err
	}
	var rows []show.ProcessRow
	now := time.Now()
	for i := range cs {
		for _, pid := range members[cs[i].PID] {
			p, err := processes.Host.Describe(pid, now)
			if err != nil {
				continue // it has ended meanwhile
			}
			rows = append(rows, show.ProcessRow{Service: cs[i].Service, Number: cs[i].Number, User: userName(p.UID), Process: p})
		}
	}
	return show.Processes(e.Stdout, rows, now)
}

// userName is the host's name for a user id inside, as docker's top has it.
func userName(id uint32) string {
	n := strconv.FormatUint(uint64(id), 10)
	if u, err := user.LookupId(n); err == nil {
		return u.Username
	}
	return n
}
