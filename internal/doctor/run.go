package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/mocker-compose/mocker-compose/rootless"
)

// Role is the role of the child that tries things in a user namespace.
const Role = "doctor"

// limit bounds the child. It needs a quarter of a second.
const limit = 30 * time.Second

// Run makes all checks. It changes nothing that outlives it.
func Run(ctx context.Context) []Check {
	maps, err := rootless.FindIDMaps()
	checks := []Check{ids(maps, err)}
	if err == nil {
		checks = slices.Concat(inside(ctx, maps), checks)
	}
	return append(checks, pings(), lowPorts(), files())
}

// inside has the child make its checks. That it lives is one itself.
func inside(ctx context.Context, maps rootless.IDMaps) []Check {
	const name = "user namespaces"
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	answer, code, err := askChild(ctx, maps)
	if err != nil {
		return []Check{failed(name, err, "")}
	}
	checks := []Check{ok(name, "made one, with %d ids", count(maps))}
	var found []Check
	if err := json.Unmarshal(answer, &found); err != nil || code != 0 {
		return append(checks, failed("namespaces of networks", fmt.Errorf("the child that tries them has ended with exit %d: %w", code, err), ""))
	}
	return append(checks, found...)
}

func count(m rootless.IDMaps) (n uint64) {
	for _, r := range m.UIDs {
		n += uint64(r.Count)
	}
	return n
}

func askChild(ctx context.Context, maps rootless.IDMaps) (answer []byte, code int, err error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, 0, err
	}
	defer null.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	read := make(chan struct{})
	go func() {
		defer close(read)
		answer, _ = io.ReadAll(r) // half an answer is none
	}()
	code, err = rootless.TryRole(ctx, maps, []string{Role}, [3]*os.File{null, w, null})
	w.Close()
	<-read
	return answer, code, err
}
