package volumes

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/mocker-compose/mocker-compose/project"
)

// CheckName accepts docker's names of volumes.
func CheckName(name string) error { return project.CheckVolumeName(name) }

// newName is a name for a volume without one, as docker has it: 64 hex digits.
func newName() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}
