package loader

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/compose-spec/compose-go/v2/dotenv"
)

// registerRaw makes compose-go know the format raw of env_file, that of docker
// run --env-file, which docker compose adds to the library too.
var registerRaw = sync.OnceFunc(func() { dotenv.RegisterFormat("raw", rawEnv) })

// rawEnv reads KEY=VALUE lines as they are: no quotes, no variables. A line with
// a key alone takes the value of the environment, if it has one. Lines that
// begin with # are comments (docker/cli, pkg/kvfile).
func rawEnv(r io.Reader, filename string, vars map[string]string, lookup func(key string) (string, bool)) error {
	in := bufio.NewScanner(r)
	for n := 1; in.Scan(); n++ {
		line := in.Text()
		if n == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if !utf8.ValidString(line) {
			return fmt.Errorf("%s:%d: not UTF-8", filename, n)
		}
		line = strings.TrimLeft(line, " \t\v\f")
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		switch {
		case key == "":
			return fmt.Errorf("%s:%d: no variable name before =", filename, n)
		case strings.ContainsAny(key, " \t\v\f"):
			return fmt.Errorf("%s:%d: the variable name %q has white space in it", filename, n, key)
		case ok:
			vars[key] = value
		case lookup != nil:
			if value, ok := lookup(key); ok {
				vars[key] = value
			}
		}
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("%s: %w", filename, err)
	}
	return nil
}
