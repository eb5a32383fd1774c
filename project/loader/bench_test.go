package loader_test

import (
	"fmt"
	"strings"
	"testing"
)

const oneService = "services:\n  web:\n    command: sleep infinity\n"

// manyServices is a file of n services of the usual size, chained by
// depends_on in tens, with an anchor that all merge.
func manyServices(n int) string {
	var b strings.Builder
	b.WriteString("x-base: &base\n  restart: always\n  environment: {LOG: info}\n  labels: {a: b}\nservices:\n")
	for i := range n {
		fmt.Fprintf(&b, `  s%04d:
    <<: *base
    command: ["sleep", "infinity"]
    environment: {N: "%d", WHO: "${USER}"}
    volumes: ["./d:/d:ro", "vol:/v"]
    networks: [front, back]
    ports: ["%d:80"]
    healthcheck: {test: ["CMD", "true"], interval: 5s}
`, i, i, 10000+i)
		if i%10 > 0 {
			fmt.Fprintf(&b, "    depends_on: {s%04d: {condition: service_healthy}}\n", i-1)
		}
	}
	b.WriteString("networks: {front: {}, back: {}}\nvolumes: {vol: {}}\n")
	return b.String()
}

// BenchmarkLoadOne is what a command pays for a small file, without the
// initialisation of packages.
func BenchmarkLoadOne(b *testing.B) { benchLoad(b, oneService) }

// BenchmarkLoadThousand is a file with a thousand services.
func BenchmarkLoadThousand(b *testing.B) { benchLoad(b, manyServices(1000)) }

func benchLoad(b *testing.B, text string) {
	dir := tree(b, "compose.yaml", text)
	for b.Loop() {
		mustLoad(b, dir)
	}
}
