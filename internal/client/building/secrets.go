package building

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/fifo"
	"github.com/mocker-compose/mocker-compose/internal/registry/credentials"
)

// maxSecret is BuildKit's bound, in bytes.
const maxSecret = 500 << 10

// secret looks up one that a step asks for.
func (j *job) secret(ctx context.Context, id string) ([]byte, error) {
	for _, s := range j.service.Build.Secrets {
		if s.ID != id {
			continue
		}
		if s.File == "" {
			if s.Unset {
				return nil, fmt.Errorf("secret %s: the variable %s is not set", id, s.Env)
			}
			return []byte(s.Value), nil
		}
		f, err := fifo.Open(ctx, s.File)
		if err != nil {
			return nil, fmt.Errorf("secret %s: %w", id, err)
		}
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
		if err == nil && len(data) > maxSecret {
			err = fmt.Errorf("%s is larger than %d KiB", s.File, maxSecret>>10)
		}
		if err != nil {
			return nil, fmt.Errorf("secret %s: %w", id, err)
		}
		return data, nil
	}
	return nil, nil
}

// proxies are the build arguments that docker's configuration sets for all builds
// (docker's config.json, "proxies"); a program takes them in either case.
func proxies(getenv func(string) string) map[string]string {
	data, err := os.ReadFile(credentials.DockerPath(getenv))
	if err != nil {
		return nil
	}
	var file struct {
		Proxies map[string]map[string]string `json:"proxies"`
	}
	if json.Unmarshal(data, &file) != nil {
		return nil // who needs it for more says so
	}
	out := map[string]string{}
	for _, name := range []string{"httpProxy", "httpsProxy", "ftpProxy", "noProxy", "allProxy"} {
		if v := file.Proxies["default"][name]; v != "" {
			env := strings.TrimSuffix(name, "Proxy") + "_proxy"
			out[env], out[strings.ToUpper(env)] = v, v
		}
	}
	return out
}
