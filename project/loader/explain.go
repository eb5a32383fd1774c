package loader

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/template"
	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project/loader/document"
	"github.com/mocker-compose/mocker-compose/project/loader/remedy"
	"github.com/mocker-compose/mocker-compose/project/loader/suggest"
)

// keyPath finds a key path in the text of an error, such as
// services.web.ports.0 or services.web.tmpfs[1].
var (
	keyPath     = regexp.MustCompile(`\b(?:services|networks|volumes|secrets|configs|include|jobs|models)(?:[.\[][A-Za-z0-9_/-]+\]?)+`)
	section     = regexp.MustCompile(`^(services|networks|volumes|configs|secrets)[:.]`)
	serviceName = regexp.MustCompile(`service "([^"]+)"`)
	// portRanges finds the two ranges of a port: of the container, of the host.
	portRanges = regexp.MustCompile(`^invalid ranges specified for container and host Ports: (\S+) and (\S+)$`)
)

// undecoded stands before lines of a key, 'services[web].mem_limit', and what is wrong with its value.
const undecoded = "decoding failed due to the following error(s):"

// explain turns an error of compose-go into one with a position.
func (l *load) explain(err error) error {
	if err == nil {
		return nil
	}
	var ours *Error
	if errors.As(err, &ours) {
		return err
	}
	message, how := remedy.Reword(l.cleanMessage(err.Error()))
	out := &Error{Message: message, Err: err, Hint: cmp.Or(how, l.toSet(err), hint(err))}
	if badName, found := strings.CutSuffix(message, ": the name is not possible"); found {
		out.File, out.Line = l.at(strings.SplitN(badName, ".", 2)...)
	} else if p := keyPath.FindString(message); p != "" {
		parts := strings.FieldsFunc(p, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
		out.File, out.Line = l.at(parts...)
		l.wrongType(out, parts)
		l.oneOf(out, parts)
		if out.Hint == "" {
			out.Hint = remedy.Form(parts)
		}
	} else if m := section.FindStringSubmatch(message); m != nil {
		out.File, out.Line = l.at(m[1])
		out.Hint = cmp.Or(out.Hint, remedy.Form(m[1:2]))
	} else if m := serviceName.FindStringSubmatch(message); m != nil {
		out.File, out.Line = l.at("services", m[1])
	}
	l.inEnvFile(out)
	if out.Line == 0 {
		l.byReference(out)
		l.byEmptied(out)
	}
	if out.Line == 0 {
		l.byText(out, err)
	}
	if out.File == "" && len(l.files) > 0 {
		out.File = l.files[0].Name
	}
	if out.Message == "empty compose file" && out.Line == 0 && len(l.files) > 0 && len(l.files[0].Docs) > 0 && l.files[0].Docs[0].Kind == yaml.MappingNode {
		out.Message, out.Hint = noServices, addServices
	}
	return out
}

// cleanMessage takes out what the position says already.
func (l *load) cleanMessage(m string) string {
	for _, s := range l.files {
		m = strings.TrimPrefix(m, "validating "+s.Path+": ")
		m = strings.TrimPrefix(m, "failed to parse "+s.Path+": ")
	}
	m = strings.TrimSuffix(m, ": invalid compose project")
	// Faults of several values come joined; gather.go finds the others.
	for _, next := range []string{"\nerror while interpolating ", "\ninvalid interpolation format "} {
		m, _, _ = strings.Cut(m, next)
	}
	if rest, found := strings.CutPrefix(m, undecoded); found {
		first, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
		if key, what, ok := strings.Cut(strings.TrimPrefix(first, "'"), "' "); ok {
			m = strings.NewReplacer("[", ".", "]", "").Replace(key) + ": " + what
		}
	}
	m = strings.NewReplacer("\n", " ", ".[]", "").Replace(m)
	return m
}

// inEnvFile finds the place within an env file that the library names in its text.
func (l *load) inEnvFile(out *Error) {
	rest, found := strings.CutPrefix(out.Message, "failed to read ")
	file, rest, ok := strings.Cut(rest, ": line ")
	number, what, also := strings.Cut(rest, ": ")
	if line, err := strconv.Atoi(number); found && ok && also && err == nil {
		out.File, out.Line, out.Message = document.ShortName(file, l.where.Cwd), line, what
	}
}

// wrongType says what stands where the schema wants something else. The
// library names only one of the types that would do.
func (l *load) wrongType(out *Error, path []string) {
	before, wanted, found := strings.Cut(out.Message, " must be a ")
	if n := l.node(path); found && n != nil {
		out.Message = before + ": " + kindName(n) + " is not possible here"
		out.Hint = cmp.Or(out.Hint, quoted(n, path), remedy.Form(path), remedy.Kind(wanted))
	}
}

// quoted is the remedy for what YAML takes for something else than the text that it shall be:
// command: true, or -"80:80" for an item of a list.
func quoted(n *yaml.Node, path []string) string {
	key := path[len(path)-1]
	switch {
	case n.Kind != yaml.ScalarNode:
		return ""
	case n.Tag == "!!bool" && (key == "command" || key == "entrypoint"):
		return fmt.Sprintf("write it in quotes: %q", n.Value)
	case remedy.IsList(path) && n.Tag == "!!str":
		return document.GluedItem(n.Value, "")
	}
	return ""
}

// oneOf suggests the value that was meant, where only some are possible.
func (l *load) oneOf(out *Error, path []string) {
	_, list, found := strings.Cut(out.Message, " value must be one of ")
	n := l.node(path)
	if !found || n == nil || n.Kind != yaml.ScalarNode {
		return
	}
	var known []string
	for word := range strings.SplitSeq(list, ", ") {
		known = append(known, strings.Trim(word, "'"))
	}
	out.Message = fmt.Sprintf("%s: %s is not possible here", strings.Join(path, "."), kindName(n))
	out.Hint = suggest.Key(n.Value, known)
}

// kindName is what a user calls a kind of value.
func kindName(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!int" || n.Tag == "!!float":
		return "the number " + n.Value
	case n.Tag == "!!bool":
		return "the boolean " + n.Value
	case n.Tag == "!!null":
		return "an empty value"
	}
	return fmt.Sprintf("the text %q", n.Value)
}

// byText looks for the text that an error quotes, when it names no key.
func (l *load) byText(out *Error, err error) {
	var missing *template.MissingRequiredError
	needle := ""
	if errors.As(err, &missing) {
		needle = "${" + missing.Variable
	} else if m := portRanges.FindStringSubmatch(out.Message); m != nil {
		needle = m[2] + ":" + m[1]
		out.Message = fmt.Sprintf("ports: %s: the ranges are not of one length", needle)
		out.Hint = "publish as many ports as the container has, or one of them at a range"
	} else if i := strings.LastIndex(out.Message, ": "); i >= 0 {
		needle = strings.Trim(out.Message[i+2:], `"'`)
	}
	if len(needle) < 2 {
		return
	}
	for _, s := range l.files {
		if i := strings.Index(string(s.Data), needle); i >= 0 {
			out.File, out.Line = s.Name, 1+strings.Count(string(s.Data[:i]), "\n")
			return
		}
	}
}

// toSet is the remedy for a variable that must be set.
func (l *load) toSet(err error) string {
	var missing *template.MissingRequiredError
	if !errors.As(err, &missing) {
		return ""
	}
	if how := l.begin([]string{missing.Variable}); how != "" {
		return "there is no .env; begin one: " + how
	}
	return "set it in the environment or in .env: " + missing.Variable + "=…"
}

// hint knows the remedy for the frequent faults.
func hint(err error) string {
	m := strings.ToLower(err.Error())
	switch {
	case strings.Contains(m, "invalid interpolation format"):
		if _, after, found := strings.Cut(m, "${"); found && !strings.Contains(after, "}") {
			return "close the brace of ${…}, or write $$ for a dollar sign"
		}
		return "write $$ for a dollar sign"
	case strings.Contains(m, "invalid suffix"), strings.Contains(m, "invalid size"):
		return "sizes are numbers of bytes, or have a unit: 200m, 1.5g"
	case strings.Contains(m, "strconv.parse"), strings.Contains(m, "unconvertible type 'string'"):
		return "write a number"
	case strings.Contains(m, "failed to read") && strings.Contains(m, "env"):
		return "env files have one KEY=VALUE per line"
	case strings.Contains(m, "invalid containerport"), strings.Contains(m, "invalid hostport"),
		strings.Contains(m, "invalid port"), strings.Contains(m, "invalid ip address"):
		return "ports are [HOST-IP:][HOST-PORT:]PORT[/tcp|/udp], from 1 to 65535"
	case strings.Contains(m, "invalid proto: "):
		return "a port ends in /tcp or /udp, or in neither, which is tcp"
	}
	return ""
}
