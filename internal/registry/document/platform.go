package document

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sys/cpu"
)

// Want is the platform that an image is wanted for.
type Want struct {
	OS, Architecture, Variant string
	// Machine: nobody asked for a platform, so that what this machine runs too is
	// good enough (32-bit programs, a processor's older levels).
	Machine bool
	// Level is what the processor has of amd64: 1 to 4.
	Level int
}

// architectures are other words for Go's names, as uname(1) and Debian have them.
var architectures = map[string][2]string{
	"x86_64": {"amd64"}, "x86-64": {"amd64"}, "i386": {"386"}, "i486": {"386"}, "i586": {"386"}, "i686": {"386"},
	"aarch64": {"arm64"}, "armhf": {"arm", "v7"}, "armel": {"arm", "v6"},
}

// ParseWant reads OS/ARCH[/VARIANT], ARCH or OS; "" is this machine.
func ParseWant(s string) (Want, error) {
	host := Host()
	if s == "" {
		return host, nil
	}
	parts := strings.Split(strings.ToLower(s), "/")
	for _, p := range parts {
		if p == "" || strings.Trim(p, "abcdefghijklmnopqrstuvwxyz0123456789_-.") != "" {
			return Want{}, fmt.Errorf("platform %q: wanted is OS/ARCH or OS/ARCH/VARIANT, as linux/arm64", Short(s))
		}
	}
	w := Want{OS: host.OS, Architecture: host.Architecture, Level: 1}
	switch {
	case len(parts) > 3:
		return Want{}, fmt.Errorf("platform %q: wanted is OS/ARCH or OS/ARCH/VARIANT, as linux/arm64", Short(s))
	case len(parts) == 1 && slices.Contains([]string{"linux", "windows", "darwin", "freebsd"}, parts[0]):
		w.OS = parts[0]
		return w, nil
	case len(parts) == 1:
		w.Architecture = parts[0]
	default:
		w.OS, w.Architecture = parts[0], parts[1]
	}
	if a, ok := architectures[w.Architecture]; ok {
		w.Architecture, w.Variant = a[0], a[1]
	}
	if len(parts) == 3 {
		w.Variant = parts[2]
	}
	return w, nil
}

// Host is this machine.
func Host() Want {
	w := Want{OS: "linux", Architecture: runtime.GOARCH, Machine: true, Level: 1}
	if w.Architecture == "arm" {
		w.Variant = "v7"
	}
	x := &cpu.X86
	if x.HasSSE3 && x.HasSSSE3 && x.HasSSE41 && x.HasSSE42 && x.HasPOPCNT {
		w.Level = 2
		if x.HasAVX && x.HasAVX2 && x.HasBMI1 && x.HasBMI2 && x.HasFMA && x.HasOSXSAVE {
			w.Level = 3
			if x.HasAVX512F && x.HasAVX512BW && x.HasAVX512CD && x.HasAVX512DQ && x.HasAVX512VL {
				w.Level = 4
			}
		}
	}
	return w
}

// String is OS/ARCH[/VARIANT].
func (w Want) String() string { return platform(w.OS, w.Architecture, w.Variant) }

func platform(parts ...string) string { return strings.TrimRight(strings.Join(parts, "/"), "/") }

// Choose is the entry of an index that fits best; of several, the first.
func (w Want) Choose(list []v1.Descriptor) (v1.Descriptor, error) {
	best, found := -1, v1.Descriptor{}
	for _, d := range list {
		if r := w.rank(d.Platform); r > best {
			best, found = r, d
		}
	}
	if best < 0 {
		return found, &NoMatchError{Want: w, Has: Platforms(list)}
	}
	return found, nil
}

// NoMatchError says what an index has instead.
type NoMatchError struct {
	Want Want
	Has  []string
}

func (e *NoMatchError) Error() string {
	return fmt.Sprintf("no matching manifest for %s in the manifest list entries: there are %s", e.Want, strings.Join(e.Has, ", "))
}

// Platforms are those of an index, for a message.
func Platforms(list []v1.Descriptor) []string {
	var names []string
	for _, d := range list {
		if d.Platform == nil {
			continue
		}
		if n := Short(platform(d.Platform.OS, d.Platform.Architecture, d.Platform.Variant)); !slices.Contains(names, n) {
			names = append(names, n)
		}
		if len(names) == 20 {
			return append(names, "...")
		}
	}
	return names
}

// Fits reports that an image of this platform is what was asked for.
func (w Want) Fits(os, arch, variant string) bool {
	return w.rank(&v1.Platform{OS: os, Architecture: arch, Variant: variant}) > 0
}

// rank is how well a platform fits; below zero: not. Without a platform, an
// entry is a last resort.
func (w Want) rank(p *v1.Platform) int {
	if p == nil {
		return 0
	}
	if p.OS != w.OS {
		return -1
	}
	if p.Architecture == w.Architecture {
		return w.rankVariant(p.Variant)
	}
	if !w.Machine {
		return -1
	}
	switch w.Architecture + " " + p.Architecture {
	case "amd64 386":
		return 1
	case "arm64 arm":
		if n := number(p.Variant, 7); n <= 8 {
			return 1 + n
		}
	}
	return -1
}

// rankVariant: an exact variant is best, then the plain one, then older ones.
func (w Want) rankVariant(variant string) int {
	const exact, plain = 100, 90
	switch w.Architecture {
	case "arm64":
		want, have := number(w.Variant, 8), number(variant, 8)
		if want == have {
			return exact
		}
		if have < want {
			return 20 + have
		}
		return -1
	case "arm":
		want, have := number(w.Variant, 7), number(variant, 7)
		if have > want {
			return -1
		}
		return 20 + have
	case "amd64":
		want, have := number(w.Variant, 1), number(variant, 1)
		switch {
		case want == have:
			return exact
		case have <= want, w.Machine && have <= w.Level:
			return 20 + have
		}
		return -1
	}
	switch {
	case variant == w.Variant:
		return exact
	case variant == "" || w.Variant == "":
		return plain
	}
	return -1
}

// number is that of "v7"; "" is normal, and what is no number fits nothing.
func number(variant string, normal int) int {
	switch {
	case variant == "":
		return normal
	case len(variant) == 2 && variant[0] == 'v' && variant[1] >= '1' && variant[1] <= '9':
		return int(variant[1] - '0')
	}
	return 1000
}
