package loader

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader/document"
)

// maxContent bounds the content of one config or secret, in bytes, and
// maxContents that of all: they are kept in memory.
const (
	maxContent  = 16 << 20
	maxContents = 32 << 20
)

// secretsDir is where secrets are unless their target is absolute; configs are
// in the root directory.
const secretsDir = "/run/secrets"

// defaultFileMode is what a config or secret has without mode.
const defaultFileMode = 0o444

// contents gives the services their configs and secrets. All are read now: what
// the containers get is what the files were when the command was given.
func (l *load) contents(m *types.Project, p *project.Project) error {
	p.Contents = map[string][]byte{}
	read := map[string]project.File{} // by kind and key
	for i := range p.Services {
		out := &p.Services[i]
		s := m.Services[out.Name]
		if err := l.filesOf(m, p, out, s.ContainerSpec, read); err != nil {
			return err
		}
		for n := range out.PreStart {
			if err := l.filesOf(m, p, &out.PreStart[n].Service, s.PreStart[n].ContainerSpec, read); err != nil {
				return err
			}
		}
	}
	return nil
}

// filesOf gives one service its configs and secrets.
func (l *load) filesOf(m *types.Project, p *project.Project, out *project.Service, s types.ContainerSpec, read map[string]project.File) error {
	for _, c := range s.Configs {
		ref := types.FileReferenceConfig(c)
		object, ok := m.Configs[c.Source]
		if err := l.file(p, out, read, project.FileConfig, ref, types.FileObjectConfig(object), ok); err != nil {
			return err
		}
	}
	for _, c := range s.Secrets {
		ref := types.FileReferenceConfig(c)
		object, ok := m.Secrets[c.Source]
		if err := l.file(p, out, read, project.FileSecret, ref, types.FileObjectConfig(object), ok); err != nil {
			return err
		}
	}
	return nil
}

func (l *load) file(p *project.Project, s *project.Service, read map[string]project.File, kind project.FileKind, ref types.FileReferenceConfig, object types.FileObjectConfig, defined bool) error {
	key := string(kind) + "s"
	at := []string{"services", s.Name, key, ref.Source}
	if !defined {
		return l.fault("add it below the top-level "+key+":", fmt.Sprintf("services.%s.%s: %s %q is not defined", s.Name, key, kind, ref.Source), at...)
	}
	f, ok := read[key+"."+ref.Source]
	if !ok {
		content, err := l.content(key, ref.Source, object)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		f = project.File{Kind: kind, Source: ref.Source, Digest: hex.EncodeToString(sum[:]), Path: object.File}
		read[key+"."+ref.Source] = f
		p.Contents[f.Digest] = content
		total := 0
		for _, c := range p.Contents {
			total += len(c)
		}
		if total > maxContents {
			return l.fault("use bind mounts for large files", fmt.Sprintf("%s: all configs and secrets are larger than %d MiB", key, maxContents>>20), key, ref.Source)
		}
	}
	if err := place(&f, ref); err != nil {
		return l.fault("", fmt.Sprintf("services.%s.%s: %s: %v", s.Name, key, ref.Source, err), at...)
	}
	for _, other := range s.Files {
		if other.Target == f.Target {
			return l.fault("remove one of them, or give it another target", fmt.Sprintf("services.%s.%s: two files at %s", s.Name, key, f.Target), at...)
		}
	}
	s.Files = append(s.Files, f)
	return nil
}

// place fills in where the service sees the file, and whose it is there.
func place(f *project.File, ref types.FileReferenceConfig) error {
	base := "/"
	if f.Kind == project.FileSecret {
		base = secretsDir
	}
	f.Target = ref.Target
	if f.Target == "" {
		f.Target = f.Source
	}
	if !path.IsAbs(f.Target) {
		f.Target = path.Join(base, f.Target)
	}
	if f.Target = path.Clean(f.Target); f.Target == "/" {
		return fmt.Errorf("the target %q is a directory", ref.Target)
	}
	f.Mode = defaultFileMode
	if ref.Mode != nil {
		if *ref.Mode < 0 || *ref.Mode > 0o7777 {
			return fmt.Errorf("mode %o is not an octal number up to 7777", *ref.Mode)
		}
		f.Mode = uint32(*ref.Mode)
	}
	for _, id := range []struct {
		name, value string
		to          *uint32
	}{{"uid", ref.UID, &f.UID}, {"gid", ref.GID, &f.GID}} {
		if id.value == "" {
			continue
		}
		n, err := strconv.ParseUint(id.value, 10, 31)
		if err != nil {
			return fmt.Errorf("%s %q is not a number: names are not known before the container runs", id.name, id.value)
		}
		*id.to = uint32(n)
	}
	return nil
}

// content reads a config or secret.
func (l *load) content(key, name string, o types.FileObjectConfig) ([]byte, error) {
	if l.o.Tolerant {
		// To look at the files of a project, what they refer to need not be there.
		content, err := l.readContent(key, name, o)
		if err != nil {
			return nil, nil
		}
		return content, nil
	}
	return l.readContent(key, name, o)
}

func (l *load) readContent(key, name string, o types.FileObjectConfig) ([]byte, error) {
	switch {
	case o.File != "":
		open := document.OpenAny
		if l.o.Tolerant {
			open = document.Open // a pipe is for who runs it
		}
		content, err := readLimited(open, o.File)
		if err != nil {
			return nil, l.fault("make it, or correct the path", fmt.Sprintf("%s.%s.file: cannot read %s: %s", key, name, o.File, document.Reason(err)), key, name, "file")
		}
		return content, nil
	case o.Environment != "":
		if _, ok := l.env[o.Environment]; !ok && o.Content == "" {
			return nil, l.fault("set it, or write it into .env", fmt.Sprintf("%s.%s.environment: the variable %s is not set", key, name, o.Environment), key, name, "environment")
		}
		if o.Content != "" {
			return []byte(o.Content), nil
		}
		return []byte(l.env[o.Environment]), nil
	}
	return []byte(o.Content), nil
}

// readLimited reads a file, which may be a pipe.
func readLimited(open func(string) (*os.File, error), name string) ([]byte, error) {
	f, err := open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxContent+1))
	if err == nil && len(b) > maxContent {
		err = &os.PathError{Op: "read", Path: name, Err: errTooLarge}
	}
	return b, err
}
