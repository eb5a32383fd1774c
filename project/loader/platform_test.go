package loader_test

import (
	"strings"
	"testing"
)

// TestPlatforms: what is no platform is told with its line; one that no machine has is a
// platform nevertheless, and the registry's to refuse.
func TestPlatforms(t *testing.T) {
	for value, ok := range map[string]bool{
		`""`: true, "linux": true, "linux/amd64": true, "linux/amd65": true, "linux/arm/v7": true, "Linux/AMD64": true, "windows(10.0.17763)/amd64": true,
		"linux/": false, "linux/amd64/v2/x": false, `"linux amd64"`: false, "linux//v2": false, "/amd64": false,
	} {
		dir := tree(t, "compose.yaml", "services:\n  web:\n    image: a\n    platform: "+value+"\n")
		if ok {
			mustLoad(t, dir)
			continue
		}
		if got := fault(t, dir).Error(); !strings.HasPrefix(got, "compose.yaml:4: services.web.platform: ") {
			t.Errorf("%s: %s", value, got)
		}
	}
}
