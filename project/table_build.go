package project

import (
	"runtime"
	"slices"
)

// ownPlatform are the ways to write the platform that everything runs on.
var ownPlatform = []string{"", "linux", runtime.GOARCH, "linux/" + runtime.GOARCH}

// buildRows are the keys of a service that say how its image is made.
func buildRows() []Support {
	const s, b = "services.*.", "services.*.build."
	return slices.Concat(
		honoured(s, "build"),
		honoured(b, "context", "dockerfile", "dockerfile_inline", "additional_contexts", "additional_contexts.*", "target",
			"args", "args.*", "labels", "labels.*", "tags", "no_cache", "no_cache_filter", "pull", "cache_from", "cache_to", "platforms", "entitlements",
			"ssh", "ssh.*", "secrets", "secrets.source", "secrets.target", "network", "extra_hosts", "extra_hosts.*",
			"shm_size", "ulimits", "ulimits.*", "ulimits.*.soft", "ulimits.*.hard"),
		same(b+"secrets.", Ignored, "owner and mode of a secret are those of the RUN --mount=type=secret that asks for it", "uid", "gid", "mode"),
		[]Support{
			{Key: b + "provenance", Fate: Ignored, Reason: "no attestations are made", Accept: []string{"", "false"}},
			{Key: b + "sbom", Fate: Ignored, Reason: "no attestations are made", Accept: []string{"", "false"}},
			{Key: b + "isolation", Fate: Ignored, Reason: "isolation technologies are for Windows", Accept: []string{"", "default"}},
			{Key: b + "privileged", Fate: Degraded, Reason: "RUN gets all capabilities of its user namespace, which are none over the machine", Accept: []string{"false"}},
			{Key: s + "platform", Fate: Degraded, Reason: "the image of that platform is taken; this machine executes its programs only with an emulator (binfmt_misc)", Accept: ownPlatform},
		})
}
