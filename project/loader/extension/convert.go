package extension

import (
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/mocker-compose/mocker-compose/project"
)

// Source is the load that the values are from.
type Source interface {
	// Fault is an error at the line of a key.
	Fault(hint, message string, key ...string) error
}

// OfProject is what stands below x-mocker at the top level.
type OfProject struct {
	Uplink project.Uplink
}

// OfService is what stands below x-mocker of a service.
type OfService struct {
	HostLoopback bool
	MemoryHigh   string // a size, "" = none
	OwnFiles     string // see project.Service
	Ready        *project.Ready
}

// Node checks x-mocker as it stands in a file: here is the path to it, row that of the
// support table that it stands in. fault makes the error at a line.
func Node(key, value *yaml.Node, row, here string, fault func(line int, remedy, message string) error) error {
	l := topLevel()
	switch row {
	case "":
	case rowOfService:
		l = serviceLevel()
	case rowOfModel:
		l = modelLevel()
	default:
		return fault(key.Line, "write it at the top level, in a service or in a model; for notes of your own take another name that begins with x-", here+": it has no meaning here")
	}
	c := checker{fault: func(line int, remedy, message string, _ ...string) error { return fault(line, remedy, message) }}
	return c.all(ofNode(Name, key.Line, value), []string{here}, l)
}

// rowOfService is where the keys of services are in the support table.
const rowOfService = "services.*"

// rowOfModel is where those of models are.
const rowOfModel = "models.*"

// Place tells where a key belongs that stands beside x-mocker in place of below it, ""
// if it is none of ours. row is the row of the support table that it stands in.
func Place(row, name string) string {
	keys := map[string][]Key{"": top(), rowOfService: service()}[row]
	for _, k := range keys {
		if k.Name == name {
			return "it is ours: write x-mocker: {" + k.Example + "}"
		}
	}
	return ""
}

// Project converts x-mocker of the top level; v is nil where there is none.
func Project(src Source, v any) (out OfProject, err error) {
	m, err := checked(src, v, topLevel(), Name)
	if err != nil || m == nil {
		return out, err
	}
	out.Uplink, err = project.ParseUplink(text(m["uplink"]))
	return out, err
}

// Service converts x-mocker of a service; v is nil where there is none.
func Service(src Source, name string, v any) (out OfService, err error) {
	m, err := checked(src, v, serviceLevel(), "services", name, Name)
	if err != nil || m == nil {
		return out, err
	}
	out.HostLoopback = text(m["host_loopback"]) == "true"
	out.MemoryHigh = text(m["memory_high"])
	out.OwnFiles = text(m["own_files"])
	out.Ready = readyOf(m["ready"])
	return out, nil
}

// Model is the endpoint that x-mocker of a model gives, "" if none; v is nil where there is none.
func Model(src Source, name string, v any) (endpoint string, err error) {
	m, err := checked(src, v, modelLevel(), "models", name, Name)
	return text(m["endpoint"]), err
}

// checked is v as a mapping that obeys the table.
func checked(src Source, v any, l level, at ...string) (map[string]any, error) {
	c := checker{merged: true, fault: func(_ int, remedy, message string, key ...string) error { return src.Fault(remedy, message, key...) }}
	if err := c.all(ofValue(Name, v), at, l); err != nil {
		return nil, err
	}
	m, _ := v.(map[string]any)
	return m, nil
}

// readyOf converts ready, which was checked.
func readyOf(v any) *project.Ready {
	m, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	return &project.Ready{
		TCP: uint16(number(m["tcp"])), HTTP: httpOf(m["http"]), Log: text(m["log"]), Notify: text(m["notify"]) == "true",
		Interval: duration(m["interval"]), Timeout: duration(m["timeout"]), Retries: number(m["retries"]),
		StartPeriod: duration(m["start_period"]), StartInterval: duration(m["start_interval"]),
	}
}

func httpOf(v any) *project.ReadyHTTP {
	m, ok := v.(map[string]any)
	if !ok {
		h, err := parseURL(text(v))
		if err != nil {
			return nil
		}
		return h
	}
	h := &project.ReadyHTTP{Scheme: "http", Port: uint16(number(m["port"])), Path: "/", Status: text(m["status"])}
	if s := text(m["scheme"]); s != "" {
		h.Scheme = s
	}
	if p := text(m["path"]); p != "" {
		h.Path = p
	}
	if fields, ok := m["header"].(map[string]any); ok && len(fields) > 0 {
		h.Header = map[string]string{}
		for name, value := range fields {
			h.Header[name] = text(value)
		}
	}
	return h
}

func number(v any) int {
	n, _ := strconv.Atoi(text(v))
	return n
}

func duration(v any) time.Duration {
	d, _ := time.ParseDuration(text(v))
	return d
}
