package building

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/mocker-compose/mocker-compose/project"
)

// agents are those of ours: with the keys of files. They end with the job.
type agents struct {
	mu   sync.Mutex
	made map[string]string // id -> socket
}

// agent is the socket of the agent that a step asks for: of the flags, else of the file.
func (j *job) agent(id string) (string, error) {
	for _, list := range [][]project.SSHAgent{j.builder.Options.SSH, j.service.Build.SSH} {
		for _, a := range list {
			if a.ID == id {
				return j.socket(a)
			}
		}
	}
	return "", nil
}

// socket is the agent's own, or one that serves keys: a path, or several by commas.
func (j *job) socket(a project.SSHAgent) (string, error) {
	path := a.Path
	if path == "" {
		if path = j.builder.Env.Getenv("SSH_AUTH_SOCK"); path == "" {
			return "", fmt.Errorf("ssh %s: SSH_AUTH_SOCK is not set: start an ssh-agent, or name a key: %s=~/.ssh/id_ed25519", a.ID, a.ID)
		}
	}
	paths := strings.Split(path, ",")
	for i, p := range paths {
		if !filepath.IsAbs(p) {
			paths[i] = filepath.Join(j.builder.Project.WorkingDir, p)
		}
	}
	st, err := os.Stat(paths[0])
	switch {
	case err != nil:
		return "", fmt.Errorf("ssh %s: %w", a.ID, err)
	case st.Mode()&os.ModeSocket != 0:
		return paths[0], nil
	}
	return j.serve(a.ID, paths)
}

// serve makes an agent with the keys of files.
func (j *job) serve(id string, paths []string) (string, error) {
	j.agents.mu.Lock()
	defer j.agents.mu.Unlock()
	if s := j.agents.made[id]; s != "" {
		return s, nil
	}
	ring := agent.NewKeyring()
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("ssh %s: %w", id, err)
		}
		key, err := ssh.ParseRawPrivateKey(data)
		if err != nil {
			return "", fmt.Errorf("ssh %s: key %s: %w; load it into an ssh-agent, and write ssh: [%s]", id, path, err, id)
		}
		if err := ring.Add(agent.AddedKey{PrivateKey: key, Comment: filepath.Base(path)}); err != nil {
			return "", fmt.Errorf("ssh %s: key %s: %w", id, path, err)
		}
	}
	dir, err := os.MkdirTemp("", "mocker-agent-") // 0700
	if err != nil {
		return "", fmt.Errorf("ssh %s: %w", id, err)
	}
	j.cleanup.Add("remove the agent's directory", func() error { return os.RemoveAll(dir) })
	socket := filepath.Join(dir, "agent.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		return "", fmt.Errorf("ssh %s: %w", id, err)
	}
	j.cleanup.Add("end the agent", l.Close)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, c); c.Close() }()
		}
	}()
	if j.agents.made == nil {
		j.agents.made = map[string]string{}
	}
	j.agents.made[id] = socket
	return socket, nil
}
