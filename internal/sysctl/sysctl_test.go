package sysctl

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name string
		host Host
		want string // part of the refusal; "" = it can be set
	}{
		{name: "net.ipv4.ip_forward"},
		{name: "net.ipv4.conf.eth0.rp_filter"},
		{name: "kernel.shmmax"},
		{name: "kernel.shm_rmid_forced"},
		{name: "kernel.msgmnb"},
		{name: "kernel.sem"},
		{name: "fs.mqueue.msg_max"},
		{name: "net.core.somaxconn", host: Host{IPC: true}},
		{name: "fs.mqueue.msg_max", host: Host{Net: true}},
		{name: "net.core.somaxconn", host: Host{Net: true}, want: "the host's"},
		{name: "kernel.shmmax", host: Host{IPC: true}, want: "the host's"},
		{name: "fs.mqueue.msg_max", host: Host{IPC: true}, want: "the host's"},
		{name: "vm.max_map_count", want: "sudo sysctl -w vm.max_map_count="},
		{name: "kernel.hostname", want: "key hostname"},
		{name: "kernel.domainname", want: "key domainname"},
		{name: "kernel.shmmax2", want: "whole host"},
		{name: "fs.file-max", want: "whole host"},
		{name: "net/core/x", want: "not a name"},
		{name: "net...core", want: "not a name"},
		{name: ".net.core", want: "not a name"},
		{name: "net.", want: "not a name"},
		{name: "net", want: "not a name"},
		{name: "", want: "not a name"},
	} {
		err := Check(c.name, c.host)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q %+v: %v, want %q", c.name, c.host, err, c.want)
		}
	}
}
