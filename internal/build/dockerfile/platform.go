package dockerfile

import (
	"fmt"
	"runtime"
	"strings"
)

// platform is OS/ARCH[/VARIANT], with docker's names for what has several.
type platform struct {
	os, arch, variant string
}

func machine() platform { return platform{"linux", runtime.GOARCH, ""}.normal() }

// parsePlatform takes also an operating system or an architecture alone.
func parsePlatform(s string) (platform, error) {
	parts := strings.Split(strings.ToLower(s), "/")
	for _, p := range parts {
		if p == "" || p[0] == '.' || p[0] == '-' || strings.Trim(p, "abcdefghijklmnopqrstuvwxyz0123456789_-.()") != "" || len(p) > 64 {
			return platform{}, fmt.Errorf("%q: invalid platform: it is OS/ARCHITECTURE, as linux/amd64", short(s))
		}
	}
	p := machine()
	switch len(parts) {
	case 1:
		switch {
		case parts[0] == "linux" || parts[0] == "local":
		case isSystem(parts[0]):
			p.os = parts[0]
		default:
			p = platform{"linux", parts[0], ""}
		}
	case 2:
		p = platform{parts[0], parts[1], ""}
	case 3:
		p = platform{parts[0], parts[1], parts[2]}
	default:
		return platform{}, fmt.Errorf("%q: invalid platform: it is OS/ARCHITECTURE/VARIANT at most", short(s))
	}
	return p.normal(), nil
}

func isSystem(s string) bool {
	switch s {
	case "aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "netbsd", "openbsd", "plan9", "solaris", "windows", "macos":
		return true
	}
	return false
}

// normal uses Go's names; the usual variant of an architecture is left out.
func (p platform) normal() platform {
	switch p.arch {
	case "x86_64", "x86-64":
		p.arch = "amd64"
	case "i386", "i486", "i586", "i686":
		p.arch = "386"
	case "aarch64":
		p.arch = "arm64"
	case "armhf":
		p.arch, p.variant = "arm", "v7"
	case "armel":
		p.arch, p.variant = "arm", "v6"
	}
	switch {
	case p.arch == "arm" && p.variant == "":
		p.variant = "v7"
	case p.arch == "arm64" && (p.variant == "8" || p.variant == "v8"), p.arch == "amd64" && p.variant == "v1":
		p.variant = ""
	case p.arch == "arm" && len(p.variant) == 1:
		p.variant = "v" + p.variant
	}
	return p
}

// String is the form of TARGETPLATFORM.
func (p platform) String() string {
	s := p.os + "/" + p.arch
	if p.variant != "" {
		s += "/" + p.variant
	}
	return s
}
