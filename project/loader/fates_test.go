package loader_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

// fates has a file for each row of the support table that is not simply honoured. The
// line with #here is the one that the user is told. Rows of which another speaks have
// its key in place of a file.
var fates = map[string]string{
	"version":           "version: '3' #here\nservices: {web: {image: a}}\n",
	"jobs":              "jobs: #here\n  j: {image: a, triggers: {manual: true}}\nservices: {web: {image: a}}\n",
	"volumes.*.driver":  head + "    image: a\n    volumes: ['data:/d']\nvolumes:\n  data:\n    driver: nfs #here\n",
	"networks.*.driver": head + "    image: a\n    networks: [lan]\nnetworks:\n  lan:\n    driver: macvlan #here\n",

	"networks.*.driver_opts.*":  head + "    image: a\n    networks: [lan]\nnetworks:\n  lan:\n    driver_opts:\n      com.example.x: y #here\n",
	"networks.*.ipam.driver":    head + "    image: a\n    networks: [lan]\nnetworks:\n  lan:\n    ipam:\n      driver: other #here\n",
	"networks.*.ipam.options":   head + "    image: a\n    networks: [lan]\nnetworks:\n  lan:\n    ipam:\n      options: #here\n        a: b\n",
	"networks.*.ipam.options.*": "networks.*.ipam.options",

	"configs.*.external": head + "    image: a\n    configs: [c]\nconfigs:\n  c:\n    external: true #here\n", "configs.*.external.name": "configs.*.external",
	"configs.*.labels": head + "    image: a\n    configs: [c]\nconfigs:\n  c:\n    content: x\n    labels: #here\n      a: b\n", "configs.*.labels.*": "configs.*.labels",
	"configs.*.template_driver": head + "    image: a\n    configs: [c]\nconfigs:\n  c:\n    content: x\n    template_driver: golang #here\n",
	"secrets.*.external":        head + "    image: a\n    secrets: [c]\nsecrets:\n  c:\n    external: true #here\n", "secrets.*.external.name": "secrets.*.external",
	"secrets.*.labels": head + "    image: a\n    secrets: [c]\nsecrets:\n  c:\n    environment: HOME\n    labels: #here\n      a: b\n", "secrets.*.labels.*": "secrets.*.labels",
	"secrets.*.template_driver": head + "    image: a\n    secrets: [c]\nsecrets:\n  c:\n    environment: HOME\n    template_driver: golang #here\n",
	"secrets.*.driver":          head + "    image: a\n    secrets: [c]\nsecrets:\n  c:\n    environment: HOME\n    driver: vault #here\n",
	"secrets.*.driver_opts":     head + "    image: a\n    secrets: [c]\nsecrets:\n  c:\n    environment: HOME\n    driver_opts: #here\n      a: b\n", "secrets.*.driver_opts.*": "secrets.*.driver_opts",

	"models.*.context_size":  head + "    image: a\n    environment: {LLM_URL: 'http://x'}\n    models: [llm]\nmodels:\n  llm:\n    model: m\n    context_size: 9 #here\n",
	"models.*.runtime_flags": head + "    image: a\n    environment: {LLM_URL: 'http://x'}\n    models: [llm]\nmodels:\n  llm:\n    model: m\n    runtime_flags: [a] #here\n",
	"services.*.models":      head + "    image: a\n    environment: {LLM_URL: 'http://x'}\n    models: [llm] #here\nmodels: {llm: {model: m}}\n",
	"services.*.models.*":    "services.*.models", "services.*.models.*.endpoint_var": "services.*.models", "services.*.models.*.model_var": "services.*.models",

	"services.*.build.isolation":   head + "    build:\n      context: .\n      isolation: hyperv #here\n",
	"services.*.build.privileged":  head + "    build:\n      context: .\n      privileged: true #here\n",
	"services.*.build.provenance":  head + "    build:\n      context: .\n      provenance: true #here\n",
	"services.*.build.sbom":        head + "    build:\n      context: .\n      sbom: true #here\n",
	"services.*.build.secrets.uid": head + "    build:\n      context: .\n      secrets:\n        - source: c\n          uid: '5' #here\nsecrets: {c: {environment: HOME}}\n",
	"services.*.build.secrets.gid": "services.*.build.secrets.uid", "services.*.build.secrets.mode": "services.*.build.secrets.uid",

	"services.*.cgroup_parent":   head + "    image: a\n    cgroup_parent: batch.slice #here\n",
	"services.*.cpu_count":       head + "    image: a\n    cpu_count: 2 #here\n",
	"services.*.cpu_percent":     head + "    image: a\n    cpu_percent: 20 #here\n",
	"services.*.cpu_rt_period":   head + "    image: a\n    cpu_rt_period: 400000 #here\n",
	"services.*.cpu_rt_runtime":  head + "    image: a\n    cpu_rt_runtime: 400000 #here\n",
	"services.*.credential_spec": head + "    image: a\n    credential_spec: #here\n      file: x\n", "services.*.credential_spec.config": "services.*.credential_spec",
	"services.*.credential_spec.file": "services.*.credential_spec", "services.*.credential_spec.registry": "services.*.credential_spec",
	"services.*.deploy.endpoint_mode": head + "    image: a\n    deploy:\n      endpoint_mode: vip #here\n",
	"services.*.deploy.labels":        head + "    image: a\n    deploy:\n      labels: #here\n        a: b\n", "services.*.deploy.labels.*": "services.*.deploy.labels",
	"services.*.deploy.mode":                                     head + "    image: a\n    deploy:\n      mode: replicated-job #here\n",
	"services.*.deploy.placement":                                head + "    image: a\n    deploy:\n      placement: #here\n        constraints: [a]\n",
	"services.*.deploy.resources.reservations.cpus":              head + "    image: a\n    deploy:\n      resources:\n        reservations:\n          cpus: '1' #here\n",
	"services.*.deploy.resources.reservations.devices":           head + "    image: a\n    deploy:\n      resources:\n        reservations:\n          devices: #here\n            - capabilities: [gpu]\n",
	"services.*.deploy.resources.reservations.generic_resources": head + "    image: a\n    deploy:\n      resources:\n        reservations:\n          generic_resources: #here\n            - discrete_resource_spec: {kind: x, value: 2}\n",
	"services.*.deploy.rollback_config":                          head + "    image: a\n    deploy:\n      rollback_config: #here\n        parallelism: 1\n",

	"services.*.device_cgroup_rules": head + "    image: a\n    device_cgroup_rules: ['c 1:3 mr'] #here\n",
	"services.*.devices.permissions": head + "    image: a\n    devices:\n      - source: /dev/null\n        target: /dev/null\n        permissions: r #here\n",
	"services.*.gpus":                head + "    image: a\n    gpus: all #here\n", "services.*.gpus.capabilities": "services.*.gpus", "services.*.gpus.count": "services.*.gpus",
	"services.*.gpus.device_ids": "services.*.gpus", "services.*.gpus.driver": "services.*.gpus", "services.*.gpus.options": "services.*.gpus", "services.*.gpus.options.*": "services.*.gpus",
	"services.*.isolation":                head + "    image: a\n    isolation: hyperv #here\n",
	"services.*.logging.driver":           head + "    image: a\n    logging:\n      driver: splunk #here\n",
	"services.*.mem_swappiness":           head + "    image: a\n    mem_swappiness: 20 #here\n",
	"services.*.networks.*.driver_opts.*": head + "    image: a\n    networks:\n      lan:\n        driver_opts:\n          com.example.x: y #here\nnetworks: {lan: }\n",
	"services.*.oom_kill_disable":         head + "    image: a\n    oom_kill_disable: true #here\n",
	"services.*.platform":                 head + "    image: a\n    platform: linux/s390x #here\n",
	"services.*.ports.mode":               head + "    image: a\n    ports:\n      - target: 80\n        mode: strange #here\n",
	"services.*.ports.protocol":           head + "    image: a\n    ports:\n      - target: 80\n        protocol: sctp #here\n",
	"services.*.privileged":               head + "    image: a\n    privileged: true #here\n",
	"services.*.runtime":                  head + "    image: a\n    runtime: kata #here\n",
	"services.*.storage_opt":              head + "    image: a\n    storage_opt: #here\n      size: 1G\n",
	"services.*.use_api_socket":           head + "    image: a\n    use_api_socket: true #here\n",
	"services.*.userns_mode":              head + "    image: a\n    userns_mode: keep-id #here\n",
	"services.*.volumes.bind.propagation": head + "    image: a\n    volumes:\n      - type: bind\n        source: /tmp\n        target: /x\n        bind:\n          propagation: rshared #here\n",
	"services.*.volumes.consistency":      head + "    image: a\n    volumes:\n      - type: bind\n        source: /tmp\n        target: /x\n        consistency: strange #here\n",
	"services.*.volumes.type":             head + "    image: a\n    volumes:\n      - type: cluster #here\n        source: /tmp\n        target: /x\n",
}

// TestFates: whoever writes a key that is not honoured is told so, with the line and a
// reason, each key of the table; what is refused ends a command that runs something.
func TestFates(t *testing.T) {
	tolerant := func(o *loader.Options) { o.Tolerant = true }
	for _, row := range project.Table() {
		key := strings.TrimSuffix(row.Key, ".**")
		if strings.Contains(row.Reason, "not yet") {
			t.Errorf("%s: %q: nothing is put off", key, row.Reason)
		}
		text, ok := fates[key]
		switch {
		case row.Fate == project.Honoured && len(row.Only) == 0:
			continue
		case row.Only != nil && !ok:
			text = head + fmt.Sprintf("    image: a\n    %s: %s #here\n", strings.TrimPrefix(key, "services.*."), row.Only[0])
		case !ok:
			t.Errorf("%s is %s, and nothing here shows what the user sees", key, row.Fate)
			continue
		case !strings.Contains(text, "\n"):
			if _, ok := fates[text]; !ok {
				t.Errorf("%s: there is no %s", key, text)
			}
			continue
		}
		line := strings.Count(text[:strings.Index(text, "#here")], "\n") + 1
		dir := tree(t, "compose.yaml", text)
		p := mustLoad(t, dir, tolerant).Project
		shown := false
		for _, n := range p.Notices {
			shown = shown || n.Fate == row.Fate && n.Source.Line == line && n.Reason != ""
		}
		if !shown {
			t.Errorf("%s (%s): line %d is not told: %+v", key, row.Fate, line, p.Notices)
		}
		_, err := load(t, dir)
		if row.Fate != project.Refused && err != nil {
			t.Errorf("%s (%s): %v", key, row.Fate, err)
		}
		if want := fmt.Sprintf("compose.yaml:%d: ", line); row.Fate == project.Refused && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%s is refused, but: %v", key, err)
		}
	}
}
