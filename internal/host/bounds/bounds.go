// Package bounds decides which resource limits and which score of the OOM killer
// the processes of a service get: what the file wants, as far as a plain user may.
// What is less is said to the user by the function notice.
package bounds

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/ulimit"
	"github.com/mocker-compose/mocker-compose/project"
)

// Limits are the resource limits of a service's processes: what of the wish can
// be had. The holder has the same hard limits as we, both come from the user holder.
func Limits(svc *project.Service, notice func(string)) ([]specs.POSIXRlimit, error) {
	var list []specs.POSIXRlimit
	for _, u := range svc.Ulimits {
		resource, ok := ulimit.Resource(u.Name)
		if !ok {
			return nil, fmt.Errorf("unknown ulimit %q", u.Name)
		}
		var most unix.Rlimit
		if err := unix.Getrlimit(resource, &most); err != nil {
			return nil, fmt.Errorf("ulimit %s: %w", u.Name, err)
		}
		want := ulimit.Of(u.Soft, u.Hard)
		got := want.Within(most.Max)
		if got != want {
			notice(fmt.Sprintf("service %s: ulimit %s of %v is above what you may set, it is %v: %s",
				svc.Name, u.Name, want, got, cause.Ulimit(cause.Here(), u.Name, ulimitValue(want.Hard))))
		}
		list = append(list, specs.POSIXRlimit{Type: "RLIMIT_" + strings.ToUpper(u.Name), Soft: got.Soft, Hard: got.Hard})
	}
	return list, nil
}

// oomProbe keeps two probes from undoing each other.
var oomProbe sync.Mutex

// OOMScore is the score of a service's processes: nil = as it is, and never
// lower than the kernel lets us.
func OOMScore(svc *project.Service, notice func(string)) (*int, error) {
	want := svc.OOMScoreAdj
	if want == 0 {
		return nil, nil //nolint:nilnil // none is an answer
	}
	got, err := lowestScore(want)
	if err != nil {
		return nil, fmt.Errorf("oom_score_adj: %w", err)
	}
	if got != want {
		notice(fmt.Sprintf("service %s: oom_score_adj %d is below what you may set, it is %d: to lower it needs an administrator",
			svc.Name, want, got))
	}
	return &got, nil
}

// lowestScore is want, or our own score if we may not go down to it. The kernel
// tells how low by trying only (proc_pid_oom_score_adj(5)): so for an instant
// the supervisor has that score itself.
func lowestScore(want int) (int, error) {
	oomProbe.Lock()
	defer oomProbe.Unlock()
	const path = "/proc/self/oom_score_adj"
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	own, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || want >= own {
		return want, err
	}
	err = os.WriteFile(path, []byte(strconv.Itoa(want)), 0)
	switch {
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return own, nil
	case err != nil:
		return 0, err
	}
	return want, os.WriteFile(path, []byte(strconv.Itoa(own)), 0)
}

// ulimitValue is a limit as limits.conf(5) has it.
func ulimitValue(n uint64) string {
	if n == unix.RLIM_INFINITY {
		return "unlimited"
	}
	return strconv.FormatUint(n, 10)
}
