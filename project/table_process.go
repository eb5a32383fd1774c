package project

import (
	"runtime"
	"slices"
)

// ownPlatform are the ways to write the platform that everything runs on.
var ownPlatform = []string{"", "linux", runtime.GOARCH, "linux/" + runtime.GOARCH}

// processRows are the keys of a service that say what runs, and as what.
func processRows() []Support {
	const s = "services.*."
	const models = "there is no model runner; start the model server as a service of its own"
	return slices.Concat(
		honoured(s, "command", "entrypoint", "working_dir", "environment", "environment.*",
			"env_file", "env_file.path", "env_file.format", "env_file.required",
			"user", "group_add", "init", "tty", "stdin_open", "labels", "labels.*", "label_file",
			"hostname", "domainname", "container_name", "annotations", "annotations.*",
			"umask", "image", "profiles", "extends", "extends.service", "extends.file", "attach"),
		same(s, Refused, models, "models", "models.*", "models.*.endpoint_var", "models.*.model_var"),
		[]Support{
			{Key: s + "build.**", Fate: Refused, Reason: "images cannot be built yet; build it elsewhere, load it (docker save NAME | mocker-compose image load) and write image: NAME, or remove build to run on the host's root file system"},
			{Key: s + "develop.**", Fate: Ignored, Reason: "files are not watched yet; use a bind mount and restart the service"},
			{Key: s + "provider.**", Fate: Refused, Reason: "provider plugins are not run; write what it provides as a service"},
			{Key: s + "platform", Fate: Ignored, Reason: "programs run on this machine's processor", Accept: ownPlatform},
			{Key: s + "pull_policy", Fate: Ignored, Reason: "nothing is pulled or built: the image is used as it is in the store", Accept: []string{"never", "missing", "if_not_present"}},
			{Key: s + "pull_refresh_after", Fate: Ignored, Reason: "nothing is pulled"},
			{Key: s + "runtime", Fate: Ignored, Reason: "mocker-compose itself is the runtime", Accept: []string{"", "runc"}},
		})
}
