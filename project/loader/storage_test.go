package loader_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

// shown is a value as JSON, with the directory of the test as DIR.
func shown(t *testing.T, dir string, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), dir, "DIR")
}

// TestMountForms: what each way to write a mount means.
func TestMountForms(t *testing.T) {
	for text, want := range map[string]string{
		"./a:/a":          `{"type":"bind","source":"DIR/a","target":"/a","create_host_path":true}`,
		"./a:/a/:ro,z":    `{"type":"bind","source":"DIR/a","target":"/a","read_only":true,"create_host_path":true,"relabel":true}`,
		"./a:/a:rslave":   `{"type":"bind","source":"DIR/a","target":"/a","create_host_path":true,"propagation":"rslave"}`,
		"./a:/a:shared":   `{"type":"bind","source":"DIR/a","target":"/a","create_host_path":true,"propagation":"slave"}`,
		"./a:/a:rprivate": `{"type":"bind","source":"DIR/a","target":"/a","create_host_path":true}`,
		"vol:/a:nocopy":   `{"type":"volume","source":"vol","target":"/a","no_copy":true}`,
		"/a":              `{"type":"volume","target":"/a"}`,
		"{type: volume, target: /a, volume: {labels: {x: y}}}":                                              `{"type":"volume","target":"/a","labels":{"x":"y"}}`,
		"{type: volume, source: vol, target: /a, read_only: true, volume: {subpath: ./b//c, nocopy: true}}": `{"type":"volume","source":"vol","target":"/a","read_only":true,"no_copy":true,"subpath":"b/c"}`,
		"{type: bind, source: ., target: /a, bind: {recursive: disabled}}":                                  `{"type":"bind","source":"DIR","target":"/a","create_host_path":true,"non_recursive":true}`,
		"{type: bind, source: ., target: /a, bind: {recursive: writable}}":                                  `{"type":"bind","source":"DIR","target":"/a","create_host_path":true,"writable_below":true}`,
		"{type: bind, source: ., target: /a, read_only: true, bind: {recursive: readonly}}":                 `{"type":"bind","source":"DIR","target":"/a","read_only":true,"create_host_path":true}`,
		"{type: bind, source: ., target: /a, bind: {create_host_path: false, selinux: Z}}":                  `{"type":"bind","source":"DIR","target":"/a","relabel":true}`,
		"{type: tmpfs, target: /a, tmpfs: {size: 64m, mode: 0700}}":                                         `{"type":"tmpfs","target":"/a","size":67108864,"mode":448}`,
		"{type: image, source: 'data:1', target: /a, image: {subpath: x}}":                                  `{"type":"image","source":"data:1","target":"/a","read_only":true,"subpath":"x"}`,
		"{type: image, source: 'rootfs:.', target: /a}":                                                     `{"type":"image","source":"rootfs:DIR","target":"/a","read_only":true}`,
	} {
		dir := tree(t, "compose.yaml", "services:\n  web:\n    command: x\n    volumes:\n      - "+text+"\nvolumes: {vol: {}}\n")
		l := mustLoad(t, dir)
		if got := shown(t, dir, l.Project.Services[0].Mounts[0]); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
		if degraded := keys(l.Project.Notices); (degraded != "") != strings.HasSuffix(text, ":shared") {
			t.Errorf("%s: notices %q", text, degraded)
		}
	}
}

func TestTmpfsForms(t *testing.T) {
	for text, want := range map[string]string{
		"/a":                                   `{"type":"tmpfs","target":"/a"}`,
		"/a:size=1g,mode=0755,uid=3,noexec,ro": `{"type":"tmpfs","target":"/a","read_only":true,"size":1073741824,"mode":493,"options":["uid=3","noexec"]}`,
		"/a:exec,nr_inodes=5k":                 `{"type":"tmpfs","target":"/a","options":["exec","nr_inodes=5k"]}`,
		"a":                                    "not an absolute path",
		"/a:mode=9":                            "not an octal number",
		"/a:size=lots":                         "size",
		"/a:uid=www":                           "uid",
		"/a:huge=always":                       "the option huge=always is not known",
	} {
		dir := tree(t, "compose.yaml", "services:\n  web:\n    command: x\n    tmpfs:\n      - "+text+"\n")
		l, err := load(t, dir)
		if err != nil {
			if !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "compose.yaml:") {
				t.Errorf("%s: %v, want %s", text, err, want)
			}
			continue
		}
		if got := shown(t, dir, l.Project.Services[0].Mounts[0]); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// TestConfigsAndSecrets: files of every origin, their places and owners; their
// content is beside the model, and counts in the hash of the service.
func TestConfigsAndSecrets(t *testing.T) {
	const text = `services:
  web:
    command: x
    configs: [plain, {source: text, target: etc/x, uid: "5", gid: "6", mode: 0600}]
    secrets: [file, {source: var, target: short}, {source: var, target: /abs/path}]
configs:
  plain: {file: ./c}
  text: {content: "v=${V}"}
secrets:
  file: {file: ./s}
  var: {environment: V}
`
	dir := tree(t, "compose.yaml", text, "c", "conf", "s", "hush")
	l := mustLoad(t, dir, env("V=7"))
	p := l.Project
	want := []struct {
		target, content string
		uid, gid, mode  uint32
	}{
		{"/plain", "conf", 0, 0, 0o444}, {"/etc/x", "v=7", 5, 6, 0o600},
		{"/run/secrets/file", "hush", 0, 0, 0o444}, {"/run/secrets/short", "7", 0, 0, 0o444}, {"/abs/path", "7", 0, 0, 0o444},
	}
	files := p.Services[0].Files
	if len(files) != len(want) {
		t.Fatalf("%d files: %+v", len(files), files)
	}
	for i, w := range want {
		f := files[i]
		if f.Target != w.target || f.UID != w.uid || f.GID != w.gid || f.Mode != w.mode || string(p.Contents[f.Digest]) != w.content {
			t.Errorf("file %d: %+v with %q, want %+v", i, f, p.Contents[f.Digest], w)
		}
	}
	if all := shown(t, dir, p.Services); strings.Contains(all, "hush") || strings.Contains(all, "conf\"") {
		t.Errorf("the model holds contents: %s", all)
	}
	for _, format := range []string{"yaml", "json"} {
		out, err := l.Config(format)
		if err != nil || strings.Contains(string(out), "hush") {
			t.Errorf("config in %s: %v\n%s", format, err, out)
		}
	}
	other := mustLoad(t, tree(t, "compose.yaml", text, "c", "conf", "s", "changed"), env("V=7")).Project
	if hash(p) == hash(other) {
		t.Error("another content has the same hash")
	}
}

func hash(p *project.Project) string { return p.Hash(&p.Services[0]) }

func TestStorageFaults(t *testing.T) {
	top := "services:\n  web:\n    command: x\n    "
	for text, want := range map[string]string{
		top + "configs: [c]\n":                                                              `compose.yaml:4: services.web.configs: config "c" is not defined (add it below the top-level configs:)`,
		top + "secrets: [s]\nsecrets:\n  s: {file: ./none}\n":                               "compose.yaml:6: secrets.s.file: cannot read",
		top + "secrets: [s]\nsecrets:\n  s:\n    environment: NONE\n":                       "compose.yaml:7: secrets.s.environment: the variable NONE is not set",
		top + "secrets: [s]\nsecrets:\n  s:\n    external: true\n":                          "compose.yaml:7: secrets.s.external is not possible",
		top + "configs: [c]\nconfigs:\n  c:\n    content: x\n    template_driver: golang\n": "compose.yaml:8: configs.c.template_driver is not possible",
		top + "secrets: [s]\n    configs: [{source: c, target: /run/secrets/s}]\nsecrets: {s: {file: ./compose.yaml}}\nconfigs: {c: {content: x}}\n": "two files at /run/secrets/s",
		top + "secrets: [{source: s, mode: 0123456}]\nsecrets: {s: {file: ./compose.yaml}}\n":                                                        "is not an octal number up to 7777",
		top + "volumes: ['vol:/x']\nvolumes:\n  vol:\n    name: ../x\n":                                                                              `compose.yaml:7: volumes.vol.name: "../x" is no name of a volume`,
		top + "volumes: ['vol:/x']\nvolumes:\n  vol:\n    driver_opts: {type: cifs, device: //h/s}\n":                                                "compose.yaml:7: volumes.vol.driver_opts: type cifs: to mount it needs an administrator",
		top + "volumes: ['vol:/x']\nvolumes:\n  vol:\n    driver_opts: {size: 10g}\n":                                                                "there are no quotas",
		top + "volumes_from: [web]\n":                                           "names no other service",
		top + "volumes_from: ['db:rx']\n  db: {command: x}\n":                   `unknown mode "rx"`,
		top + "volumes: [{type: image, source: 'rootfs:./none', target: /x}]\n": "compose.yaml:4: services.web.volumes:",
	} {
		_, err := load(t, tree(t, "compose.yaml", text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", text, err, want)
		}
	}
	// To look at a project, its secrets need not be there.
	l, err := load(t, tree(t, "compose.yaml", top+"secrets: [s]\nsecrets: {s: {file: ./none}}\n"), func(o *loader.Options) { o.Tolerant = true })
	if err != nil || len(l.Project.Services[0].Files) != 1 {
		t.Errorf("tolerant: %v", err)
	}
}

func TestVolumesFrom(t *testing.T) {
	p := mustLoad(t, tree(t, "compose.yaml", "name: demo\nservices:\n  a: {command: x, container_name: alpha}\n  b: {command: x}\n  c: {command: x, volumes_from: [a, 'b:ro', 'container:other:rw']}\n")).Project
	if got := shown(t, "/nowhere", p.Services[2].VolumesFrom); got != `[{"container":"alpha","service":"a"},{"container":"demo-b-1","service":"b","read_only":true},{"container":"other"}]` {
		t.Error(got)
	}
	if len(p.Services[2].DependsOn) != 2 {
		t.Errorf("it depends on %v", p.Services[2].DependsOn)
	}
}
