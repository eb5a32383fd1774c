package devices

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/mocker-compose/mocker-compose/project"
)

// family is one kind of graphics processor: a file for each, and those that all need.
type family struct {
	drivers   []string // what the file calls it
	cdi       string   // its kind in descriptions
	each, all []string // patterns of device files
}

var families = []family{
	{drivers: []string{"nvidia"}, cdi: "nvidia.com/gpu", each: []string{"/dev/nvidia[0-9]*"},
		all: []string{"/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-modeset", "/dev/nvidia-caps/*"}},
	{drivers: []string{"amd", "amdgpu", "rocm", "intel", "dri"}, cdi: "amd.com/gpu", each: []string{"/dev/dri/renderD*"}, all: []string{"/dev/kfd"}},
	{drivers: []string{"dxg"}, each: []string{"/dev/dxg"}},
}

// request is one entry of gpus or of reservations.devices.
type request struct {
	types.DeviceRequest
	key []string
}

// requests are those of a service for graphics processors; what else it asks for nobody has.
func (r *reader) requests(s types.ServiceConfig) (list []request) {
	for _, g := range s.Gpus {
		list = append(list, request{g, []string{"services", s.Name, "gpus"}})
	}
	if s.Deploy != nil && s.Deploy.Resources.Reservations != nil {
		for _, d := range s.Deploy.Resources.Reservations.Devices {
			list = append(list, request{d, []string{"services", s.Name, "deploy", "resources", "reservations", "devices"}})
		}
	}
	return list
}

// graphics gives what is asked for as far as it is there.
func (r *reader) graphics(s types.ServiceConfig, out *project.Service) error {
	for _, q := range r.requests(s) {
		if q.Driver == "cdi" {
			for _, name := range q.IDs {
				if err := r.described(s, name, q.key, out); err != nil {
					return err
				}
			}
			continue
		}
		if q.Driver == "" && !slices.ContainsFunc(q.Capabilities, func(c string) bool {
			return slices.Contains([]string{"gpu", "compute", "graphics", "video", "utility"}, c)
		}) && len(q.Capabilities) > 0 {
			r.src.Instead(project.Ignored, "there is no driver for the capabilities "+strings.Join(q.Capabilities, ", "), q.key...)
			continue
		}
		if err := r.processors(s, q, out); err != nil {
			return err
		}
	}
	return nil
}

// processors serves one request for graphics processors.
func (r *reader) processors(s types.ServiceConfig, q request, out *project.Service) error {
	var given, closed []string
	for _, f := range families {
		if q.Driver != "" && !slices.Contains(f.drivers, q.Driver) {
			continue
		}
		if f.cdi != "" && r.m.has(f.cdi) {
			return r.fromDescription(s, q, f, out)
		}
		each := r.m.glob(f.each)
		if each = pick(each, q); len(each) == 0 {
			continue
		}
		for _, path := range slices.Concat(each, r.m.glob(f.all)) {
			if why := r.m.closed(path, slices.Contains(s.GroupAdd, "keep-groups")); why != "" {
				closed = append(closed, path+" "+why)
				continue
			}
			given = append(given, path)
			add(out, project.Device{Source: path, Target: path})
		}
	}
	missing := ""
	if len(closed) > 0 {
		missing = "; you may not open " + strings.Join(closed, ", ")
	}
	switch {
	case len(given) == 0 && missing == "":
		r.src.Instead(project.Degraded, "this machine has no device files of such a graphics processor: the service runs without one", q.key...)
	case len(given) == 0:
		r.src.Instead(project.Degraded, "the service runs without a graphics processor"+missing, q.key...)
	default:
		r.src.Instead(project.Degraded, "gives the device files "+strings.Join(given, ", ")+" and no drivers: their libraries have to be in the image"+missing, q.key...)
	}
	return nil
}

// pick takes those of the processors that a request is about.
func pick(each []string, q request) (list []string) {
	for _, id := range q.IDs {
		n, err := strconv.Atoi(id)
		if err != nil {
			return each // an identity that only the driver can tell
		}
		if n >= 0 && n < len(each) {
			list = append(list, each[n])
		}
	}
	switch {
	case len(q.IDs) > 0:
		return list
	case q.Count > 0 && int64(q.Count) < int64(len(each)):
		return each[:q.Count]
	}
	return each
}

// fromDescription takes processors from a description of the administrator's.
func (r *reader) fromDescription(s types.ServiceConfig, q request, f family, out *project.Service) error {
	names := q.IDs
	for i := int64(0); len(q.IDs) == 0 && i < int64(q.Count); i++ {
		names = append(names, strconv.FormatInt(i, 10))
	}
	if len(names) == 0 {
		names = []string{"all"}
	}
	for _, name := range names {
		if err := r.described(s, f.cdi+"="+name, q.key, out); err != nil {
			return err
		}
	}
	return nil
}

// add adds a device, once.
func add(out *project.Service, d project.Device) {
	if !slices.ContainsFunc(out.Devices, func(o project.Device) bool { return o.Target == d.Target }) {
		out.Devices = append(out.Devices, d)
	}
}

// glob lists what there is, numbers in their order.
func (m *machine) glob(patterns []string) (list []string) {
	for _, p := range patterns {
		found, _ := filepath.Glob(m.root + p) // fails for a bad pattern only
		for i := range found {
			found[i] = strings.TrimPrefix(found[i], m.root)
		}
		slices.SortFunc(found, func(a, b string) int {
			if len(a) != len(b) {
				return len(a) - len(b)
			}
			return strings.Compare(a, b)
		})
		list = append(list, found...)
	}
	return list
}

// want is an error of a request that names what is not there.
func (r *reader) want(key []string, hint, format string, args ...any) error {
	return r.src.Fault(hint, strings.Join(key, ".")+": "+fmt.Sprintf(format, args...), key...)
}
