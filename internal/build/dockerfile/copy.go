package dockerfile

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

func (w *walk) copy(c command, ic *instructions.CopyCommand) error {
	job := &build.Copy{
		Chown: ic.Chown, Chmod: ic.Chmod, Link: ic.Link, Parents: ic.Parents, Exclude: ic.ExcludePatterns,
	}
	own := true
	if len(c.from) > 0 {
		var err error
		if job.From, err = w.sourceOf(c.from[0]); err != nil {
			return fmt.Errorf("cannot copy from stage %q, it needs to be defined before current stage %q", ic.From, w.stage.shown)
		}
		own = false
	}
	for _, p := range ic.SourcePaths {
		switch {
		case build.IsGit(p):
			return errors.New("source can't be a git ref for COPY")
		case build.IsURL(p):
			return errors.New("source can't be a URL for COPY")
		}
	}
	return w.files(c, ic, "COPY", job, ic.SourcesAndDest, own)
}

func (w *walk) add(c command, ic *instructions.AddCommand) error {
	job := &build.Copy{
		Add: true, Chown: ic.Chown, Chmod: ic.Chmod, Link: ic.Link, Exclude: ic.ExcludePatterns,
		Unpack: ic.Unpack, KeepGitDir: ic.KeepGitDir != nil && *ic.KeepGitDir, Checksum: ic.Checksum,
	}
	if ic.Checksum != "" {
		if len(ic.SourcePaths) != 1 || len(ic.SourceContents) > 0 {
			return errors.New("checksum can't be specified for multiple sources")
		}
		if p := ic.SourcePaths[0]; !build.IsURL(p) && !build.IsGit(p) {
			return errors.New("checksum requires HTTP(S) or Git sources")
		}
	}
	return w.files(c, ic, "ADD", job, ic.SourcesAndDest, true)
}

// files is what COPY and ADD have in common. own says that they are of the build's context.
func (w *walk) files(c command, ic instructions.Command, name string, job *build.Copy, args instructions.SourcesAndDest, own bool) error {
	job.Paths, job.Dest = args.SourcePaths, w.destination(args.DestPath)
	if err := checkOwner(job); err != nil {
		return err
	}
	if err := checkMode(job.Chmod); err != nil {
		return err
	}
	said := name
	if job.Parents {
		said += " --parents"
	}
	if job.Chown != "" {
		said += " --chown=" + job.Chown
	}
	if job.Chmod != "" {
		said += " --chmod=" + job.Chmod
	}
	for _, p := range args.SourcePaths {
		if strings.ContainsRune(p, 0) {
			return errors.New("a path holds a zero byte")
		}
		if own {
			w.lintIgnored(ic, name, p)
		}
		said += " " + p
	}
	for _, f := range args.SourceContents {
		if base := path.Base(path.Clean("/" + f.Path)); base != f.Path {
			return fmt.Errorf("<<%s: a here-document's name is no path", short(f.Path))
		}
		job.Files = append(job.Files, build.File{Name: f.Path, Data: f.Data})
		said += " <<" + f.Path
	}
	if strings.ContainsRune(job.Dest, 0) {
		return errors.New("a path holds a zero byte")
	}
	text := w.text(ic, false)
	w.step(c, build.Step{Text: text, CreatedBy: said + " " + args.DestPath + " # buildkit", Copy: job})
	return nil
}

// destination is absolute; a "/" at its end says that it is a directory.
func (w *walk) destination(dest string) string {
	dir := dest == "" || dest == "." || dest == ".." || strings.HasSuffix(dest, "/") || strings.HasSuffix(dest, "/.") || strings.HasSuffix(dest, "/..")
	out := w.below(dest)
	if dir && out != "/" {
		out += "/"
	}
	return out
}

// checkOwner: with --link the copy stands on nothing, so nobody has a name there.
func checkOwner(job *build.Copy) error {
	if !job.Link || job.Chown == "" {
		return nil
	}
	for part := range strings.SplitSeq(job.Chown, ":") {
		if strings.Trim(part, "0123456789") != "" {
			return fmt.Errorf("--chown=%s: user and group names can't be resolved when used with --link, use numeric uid[:gid] instead", short(job.Chown))
		}
	}
	return nil
}

// checkMode takes an octal number or what chmod(1) takes.
func checkMode(mode string) error {
	if mode == "" {
		return nil
	}
	if strings.Trim(mode, "0123456789") == "" {
		if n, err := strconv.ParseUint(mode, 8, 32); err != nil || n > 0o7777 {
			return fmt.Errorf("invalid chmod parameter: '%s'. it should be octal string and between 0 and 07777", short(mode))
		}
		return nil
	}
	for clause := range strings.SplitSeq(mode, ",") {
		if !isClause(clause) {
			return fmt.Errorf("invalid chmod parameter: '%s'. it is an octal number, or as u=rwX,go=rX", short(mode))
		}
	}
	return nil
}

// isClause reads [ugoa]*([-+=]([rwxXst]*|[ugo]))+.
func isClause(s string) bool {
	s = strings.TrimLeft(s, "ugoa")
	if s == "" {
		return false
	}
	for s != "" {
		if !strings.ContainsRune("-+=", rune(s[0])) {
			return false
		}
		s = s[1:]
		if s != "" && strings.ContainsRune("ugo", rune(s[0])) {
			s = s[1:]
			continue
		}
		s = strings.TrimLeft(s, "rwxXst")
	}
	return true
}
