package loader

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project/loader/document"
)

// checkRanges bounds the ranges of published ports before compose-go expands
// them to one entry per port.
func (l *load) checkRanges(s *document.File, doc *yaml.Node) error {
	services := document.Child(doc, "services")
	if services == nil || services.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(services.Content); i += 2 {
		ports := document.Child(services.Content[i+1], "ports")
		if ports == nil || ports.Kind != yaml.SequenceNode {
			continue
		}
		total := 0
		for _, item := range ports.Content {
			total += l.rangeWidth(document.Target(item))
		}
		if total > maxPorts {
			return tooManyPorts(s.Name, ports.Line, services.Content[i].Value, total)
		}
	}
	return nil
}

func tooManyPorts(file string, line int, service string, n int) *Error {
	return &Error{File: file, Line: line, Message: fmt.Sprintf("services.%s.ports: %d ports are too many", service, n),
		Hint: fmt.Sprintf("publish %d or fewer, or use network_mode: host", maxPorts)}
}

// rangeWidth is the number of container ports of one item in short form. What
// is not a range counts as one: whether it is a port is found out later.
func (l *load) rangeWidth(item *yaml.Node) int {
	if item.Kind != yaml.ScalarNode {
		return 1
	}
	text, _, _ := strings.Cut(l.scalar(item.Value), "/")
	first, last, ok := strings.Cut(text[strings.LastIndexByte(text, ':')+1:], "-")
	a, errA := strconv.ParseUint(first, 10, 16)
	b, errB := strconv.ParseUint(last, 10, 16)
	if !ok || errA != nil || errB != nil || b < a {
		return 1
	}
	return int(b-a) + 1
}
