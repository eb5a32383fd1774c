package volumes

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

// nameMax is what a file name may have on every file system (NAME_MAX).
const nameMax = 255

// CheckName accepts docker's names of volumes: letters, digits, "_", "." and
// "-", the first of them a letter or digit, two or more.
func CheckName(name string) error {
	ok := len(name) > 1 && len(name) <= nameMax
	for i := range len(name) {
		c := name[i]
		alnum := c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
		ok = ok && (alnum || i > 0 && (c == '_' || c == '.' || c == '-'))
	}
	if !ok {
		return fmt.Errorf("%q is no name of a volume: use two or more letters, digits, _ . or -, and begin with a letter or digit", name)
	}
	return nil
}

// newName is a name for a volume without one, as docker has it: 64 hex digits.
func newName() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}
