package imageref

import (
	"fmt"
	"strings"
)

// Hex is the hexadecimal part of a digest (OCI image spec, descriptor.md), which has to
// be one of SHA-256.
func Hex(digest string) (string, error) {
	if hex, ok := strings.CutPrefix(digest, "sha256:"); ok && IsHex(hex, 64) {
		return hex, nil
	}
	return "", fmt.Errorf("%q is no digest: sha256: and 64 hexadecimal digits", digest)
}

// IsHex reports n lower-case hexadecimal digits.
func IsHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdef") == ""
}
