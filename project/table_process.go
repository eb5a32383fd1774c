package project

import "slices"

// models is what becomes of them; project/loader/models says it with the address.
const models = "there is no model runner: the variables are set to the address that x-mocker: {endpoint: URL} of the model gives, or the environment; without any the file is refused"

// processRows are the keys of a service that say what runs, and as what.
func processRows() []Support {
	const s = "services.*."
	return slices.Concat(
		honoured(s, "command", "entrypoint", "working_dir", "environment", "environment.*",
			"env_file", "env_file.path", "env_file.format", "env_file.required",
			"user", "group_add", "init", "tty", "stdin_open", "labels", "labels.*", "label_file",
			"hostname", "domainname", "container_name", "annotations", "annotations.*",
			"umask", "image", "pull_policy", "pull_refresh_after", "profiles", "provider", "provider.type", "provider.options", "provider.options.*", "extends", "extends.service", "extends.file", "attach"),
		honoured(s+"develop", "", ".watch", ".watch.path", ".watch.action", ".watch.target", ".watch.include", ".watch.ignore", ".watch.initial_sync",
			".watch.exec", ".watch.exec.command", ".watch.exec.user", ".watch.exec.privileged", ".watch.exec.working_dir",
			".watch.exec.environment", ".watch.exec.environment.*"),
		same(s, Degraded, models, "models", "models.*", "models.*.endpoint_var", "models.*.model_var"),
		[]Support{
			{Key: s + "runtime", Fate: Ignored, Reason: "mocker-compose itself is the runtime", Accept: []string{"", "runc"}},
		})
}
