package delegate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

const (
	prefix = "mocker-compose"
	// Holder is the leaf of D with our own processes.
	Holder = "holder"
	// userLeaf is where the user holder is, below a cgroup that we have laid out. No
	// project has that name: there is no period in the name of one.
	userLeaf = prefix + ".holder"
	// longest is what systemd accepts as the name of a unit, and the kernel as that of a file.
	longest = 255
)

// scopeName is the unit of a project; that of the user holder for "". alternative is
// for a name that is taken: two run directories of one user can have projects of the
// same name.
func scopeName(project, alternative string) string {
	name := prefix
	if project != "" {
		name += "-" + escape(project)
	}
	if alternative != "" {
		name += "." + shortHash(alternative)
	}
	return clip(name, len(".scope")) + ".scope"
}

// dirName is the directory D of a project where no systemd names it.
func dirName(project string) string { return clip(prefix+"-"+escape(project), 0) }

// escape writes what may not be in the name of a unit as \xNN, as systemd-escape(1)
// does; a hyphen may.
func escape(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(":-_", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, `\x%02x`, c)
	}
	return b.String()
}

// clip shortens a name so that it and what follows fit; a hash keeps it unique.
func clip(name string, follows int) string {
	if len(name)+follows <= longest {
		return name
	}
	h := shortHash(name)
	return name[:longest-follows-len(h)-1] + "." + h
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}
