package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const algorithm = "sha256"

// sum is the digest of a document.
func sum(raw []byte) v1.Hash {
	b := sha256.Sum256(raw)
	return v1.Hash{Algorithm: algorithm, Hex: hex.EncodeToString(b[:])}
}

// checkHash refuses what is not a SHA-256: a digest becomes part of a path.
func checkHash(h v1.Hash) error {
	if h.Algorithm != algorithm || len(h.Hex) != 64 || strings.Trim(h.Hex, "0123456789abcdef") != "" {
		return fmt.Errorf("%s is not a SHA-256 digest", short(h.String()))
	}
	return nil
}
