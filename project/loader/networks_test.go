package loader_test

import (
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

// What a file says of networks and cannot be is told with its line and a remedy.
func TestNetworkFaults(t *testing.T) {
	const web = "services:\n  web:\n    command: x\n    networks:\n      lan:\n        "
	const lan = "\nnetworks:\n  lan:\n    "
	const subnet = "\nnetworks:\n  lan: {enable_ipv6: true, ipam: {config: [{subnet: 10.5.0.0/24}, {subnet: 'fd05::/64'}]}}\n"
	two := func(a, b string) string {
		return "services:\n  a: {command: x, networks: {lan: {" + a + "}}}\n  b: {command: x, networks: {lan: {" + b + "}}}" + subnet
	}
	one := "services: {web: {command: x, networks: [lan]}}" + lan
	for _, tt := range []struct{ name, text, want string }{
		{"address of the other family", web + "ipv4_address: fd05::2" + subnet, `compose.yaml:6: services.web.networks.lan.ipv4_address: "fd05::2" is not an IPv4 address (write four numbers: 10.0.0.2)`},
		{"no IPv6 address", web + "ipv6_address: 10.5.0.2" + subnet, `compose.yaml:6: services.web.networks.lan.ipv6_address: "10.5.0.2" is not an IPv6 address (write it as fd00:5::2)`},
		{"outside of the subnet", web + "ipv4_address: 10.6.0.2" + subnet, `compose.yaml:6: services.web.networks.lan.ipv4_address: address 10.6.0.2 is not a host address of subnet 10.5.0.0/24 (write another address of 10.5.0.0/24)`},
		{"outside of the IPv6 subnet", web + "ipv6_address: fd06::2" + subnet, `compose.yaml:6: services.web.networks.lan.ipv6_address: address fd06::2 is not a host address of subnet fd05::/64 (write another address of fd05::/64)`},
		{"the gateway's", web + "ipv4_address: 10.5.0.1" + subnet, `compose.yaml:6: services.web.networks.lan.ipv4_address: address 10.5.0.1 is the gateway of subnet 10.5.0.0/24 (write another address of 10.5.0.0/24)`},
		{"without a subnet", web + "ipv4_address: 10.5.0.2" + lan + "internal: true\n", `compose.yaml:6: services.web.networks.lan.ipv4_address: network lan has no IPv4 subnet in the file (add ipam: {config: [{subnet: …}]} with a subnet that has 10.5.0.2 to network lan)`},
		{"without IPv6", web + "ipv6_address: fd05::2" + lan + "internal: true\n", `compose.yaml:6: services.web.networks.lan.ipv6_address: network lan has no IPv6 (write enable_ipv6: true for the network)`},
		{"without IPv4", web + "ipv4_address: 10.5.0.2" + lan + "{enable_ipv4: false, enable_ipv6: true}\n", `compose.yaml:6: services.web.networks.lan.ipv4_address: network lan has no IPv4 (write enable_ipv4: true for the network)`},
		{"two services, one address", two("ipv4_address: 10.5.0.2", "ipv4_address: 10.5.0.2"), `compose.yaml:3: services.b.networks.lan.ipv4_address: address 10.5.0.2 of subnet 10.5.0.0/24 is in use by a (write another address of 10.5.0.0/24)`},
		{"two services, one IPv6 address", two("ipv6_address: 'fd05::2'", "ipv6_address: 'fd05:0::2'"), `compose.yaml:3: services.b.networks.lan.ipv6_address: address fd05::2 of subnet fd05::/64 is in use by a (write another address of fd05::/64)`},
		{"two services, one MAC", two("mac_address: '02:00:00:00:00:01'", "mac_address: 02-00-00-00-00-01"), `compose.yaml:3: services.b.networks.lan.mac_address: 02:00:00:00:00:01 is the address of service a too (write another)`},
		{"replicas with an address", "services:\n  web:\n    command: x\n    scale: 3\n    networks:\n      lan:\n        ipv4_address: 10.5.0.2" + subnet, `compose.yaml:7: services.web.networks.lan.ipv4_address: 3 replicas cannot have one address (remove it, or run one replica)`},
		{"replicas with a MAC", "services:\n  web:\n    command: x\n    scale: 3\n    mac_address: 02:00:00:00:00:01\n    networks: [lan]" + subnet, `compose.yaml:5: services.web.mac_address: 3 replicas cannot have one address (remove it, or run one replica)`},
		{"multicast MAC", web + "mac_address: 01:00:00:00:00:01" + subnet, `compose.yaml:6: services.web.networks.lan.mac_address: "01:00:00:00:00:01" is not a hardware address such as 02:42:ac:11:00:02 (write six pairs of hexadecimal digits, the first pair even)`},
		{"two MACs", "services:\n  web:\n    command: x\n    mac_address: 02:00:00:00:00:01\n    networks: {lan: {mac_address: '02:00:00:00:00:02'}}" + subnet, `compose.yaml:4: services.web: mac_address and networks.lan.mac_address differ (remove one of them)`},
		{"interface name", web + "interface_name: sixteen--letters" + subnet, `compose.yaml:6: services.web.networks.lan.interface_name: interface name "sixteen--letters": it must have 1 to 15 characters (write for example eth1)`},
		{"one name twice", "services:\n  web:\n    command: x\n    networks:\n      lan: {interface_name: wan}\n      two: {interface_name: wan}" + lan + "{}\n  two: {}\n", `compose.yaml:6: services.web.networks.two.interface_name: wan is that of network lan too (write another)`},
		{"link-local address", web + "link_local_ips: [10.5.0.9]" + subnet, `compose.yaml:6: services.web.networks.lan.link_local_ips: "10.5.0.9" is not a link-local address (write it as 169.254.8.8 or fe80::8)`},
		{"link-local IPv6 address", web + "link_local_ips: ['fe80::9']" + lan + "internal: true\n", `compose.yaml:6: services.web.networks.lan.link_local_ips: fe80::9: network lan has no IPv6 (write enable_ipv6: true for the network)`},
		{"setting of an interface", web + "driver_opts: {com.docker.network.endpoint.sysctls: net.ipv4.ip_forward=1}" + subnet, `compose.yaml:6: services.web.networks.lan.driver_opts: com.docker.network.endpoint.sysctls: "net.ipv4.ip_forward=1" is not a setting of an interface (write net.ipv4.conf.IFNAME.KEY=VALUE, with commas between several)`},
		{"driver", one + "driver: macvlan\n", `compose.yaml:4: networks.lan.driver is not possible (macvlan, ipvlan and overlay need rights over the machine's interfaces; remove the line or write bridge, or none or host)`},
		{"neither family", one + "enable_ipv4: false\n", `compose.yaml:4: networks.lan: it has neither IPv4 nor IPv6 (write enable_ipv6: true, or remove enable_ipv4)`},
		{"no subnet", one + "ipam: {config: [{subnet: 10.5.0.0}]}\n", `compose.yaml:4: networks.lan.ipam.config: "10.5.0.0" is not a subnet (write it as 10.20.0.0/24)`},
		{"a tiny subnet", one + "ipam: {config: [{subnet: 10.5.0.0/31}]}\n", `compose.yaml:4: networks.lan.ipam.config: subnet 10.5.0.0/31: the prefix length must lie between 8 and 30 (choose another)`},
		{"loopback", one + "ipam: {config: [{subnet: 127.5.0.0/24}]}\n", `compose.yaml:4: networks.lan.ipam.config: subnet 127.5.0.0/24: 127.0.0.0/8 is no range of hosts (choose another)`},
		{"a range without a subnet", one + "ipam: {config: [{ip_range: 10.5.0.0/24}]}\n", `compose.yaml:4: networks.lan.ipam.config: gateway, ip_range and aux_addresses need a subnet (write subnet beside them)`},
		{"two subnets", one + "ipam:\n      config:\n        - subnet: 10.5.0.0/24\n        - subnet: 10.6.0.0/24\n", `compose.yaml:7: networks.lan.ipam.config: 10.5.0.0/24 and 10.6.0.0/24 are of one family, of which a network has one subnet (remove one of them)`},
		{"gateway", one + "ipam:\n      config:\n        - subnet: 10.5.0.0/24\n          gateway: 10.6.0.1\n", `compose.yaml:7: networks.lan.ipam.config: the gateway "10.6.0.1" is not in 10.5.0.0/24 (write an address of the subnet)`},
		{"broadcast as gateway", one + "ipam:\n      config:\n        - subnet: 10.5.0.0/24\n          gateway: 10.5.0.255\n", `compose.yaml:7: networks.lan.ipam.config: gateway 10.5.0.255 is not a host address of subnet 10.5.0.0/24 (write an address of the subnet)`},
		{"range", one + "ipam:\n      config:\n        - subnet: 10.5.0.0/24\n          ip_range: 10.6.0.0/25\n", `compose.yaml:7: networks.lan.ipam.config: ip_range 10.6.0.0/25 is not a part of subnet 10.5.0.0/24 (write a part of the subnet)`},
		{"reserved", one + "ipam:\n      config:\n        - subnet: 10.5.0.0/24\n          aux_addresses:\n            printer: 10.6.0.1\n", `compose.yaml:8: networks.lan.ipam.config: aux_addresses.printer: "10.6.0.1" is not a host address of 10.5.0.0/24 (write an address of the subnet)`},
		{"overlap", "services: {web: {command: x, networks: [lan, two]}}" + lan + "ipam: {config: [{subnet: 10.5.0.0/24}]}\n  two:\n    ipam:\n      config:\n        - subnet: 10.5.0.0/16\n", `compose.yaml:8: networks.two.ipam.config: subnet 10.5.0.0/16 overlaps with 10.5.0.0/24 of network lan (choose another subnet for one of them)`},
		{"no room", "services: {web: {command: x, scale: 4, networks: [lan]}}" + lan + "ipam:\n      config:\n        - subnet: 10.5.0.0/24\n          ip_range: 10.5.0.8/30\n          aux_addresses: {printer: 10.5.0.9}\n", `compose.yaml:6: networks.lan.ipam.config: 4 services and replicas need an address, and there are 3 (widen the range, or use fewer replicas)`},
		{"MTU", one + "driver_opts:\n      com.docker.network.driver.mtu: 70000\n", `compose.yaml:5: networks.lan.driver_opts: com.docker.network.driver.mtu: "70000" is not possible (write a number from 68 to 65535)`},
		{"MTU of IPv6", one + "enable_ipv6: true\n    driver_opts:\n      com.docker.network.driver.mtu: 1000\n", `compose.yaml:6: networks.lan.driver_opts: com.docker.network.driver.mtu: "1000" is not possible (write a number from 1280 to 65535)`},
		{"bridge name", one + "driver_opts:\n      com.docker.network.bridge.name: a/b\n", `compose.yaml:5: networks.lan.driver_opts: com.docker.network.bridge.name: interface name "a/b": names of interfaces are ASCII without spaces, /, : and % (choose another name)`},
		{"bridge twice", "services: {web: {command: x, networks: [lan, two]}}" + lan + "driver_opts: {com.docker.network.bridge.name: br0}\n  two:\n    driver_opts: {com.docker.network.bridge.name: br0}\n", `compose.yaml:6: networks.two: bridge br0 is that of network lan too (choose another name for one of them)`},
		{"icc", one + "driver_opts:\n      com.docker.network.bridge.enable_icc: maybe\n", `compose.yaml:5: networks.lan.driver_opts: com.docker.network.bridge.enable_icc: "maybe" is neither (write "true" or "false")`},
		{"host network and another", "services: {web: {command: x, networks: [lan, two]}}" + lan + "driver: host\n  two: {}\n", `compose.yaml:1: services.web.networks: lan is network_mode: host, beside which there is no other network (remove it, or the others)`},
		{"extra host", "services:\n  web:\n    command: x\n    extra_hosts:\n      - a:gateway\n", `compose.yaml:4: services.web.extra_hosts: a: "gateway" is not an address (write NAME:ADDRESS, or NAME:host-gateway for this machine)`},
		{"loopback of the host without a name", "services:\n  web:\n    command: x\n    x-mocker:\n      host_loopback: true\n", `compose.yaml:5: services.web.x-mocker.host_loopback: the service has no name for this machine (add extra_hosts: ['host.docker.internal:host-gateway'])`},
		{"unknown word of ours", "services:\n  web:\n    command: x\n    x-mocker:\n      host_lopback: true\n", `compose.yaml:5: services.web.x-mocker.host_lopback: unknown key (did you mean "host_loopback"?)`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := tree(t, "compose.yaml", tt.text)
			_, err := load(t, dir)
			if err == nil {
				t.Fatal("no error")
			}
			if got := strings.ReplaceAll(err.Error(), dir, "DIR"); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// The forms of extra_hosts, and what host-gateway is without a network of its own.
func TestExtraHosts(t *testing.T) {
	for _, c := range []struct{ text, want, notice string }{
		{"extra_hosts: ['a:10.0.0.1', 'b=10.0.0.2', 'v6:[fd00::1]', 'w6=fd00::2', 'h:host-gateway']", "a=10.0.0.1 b=10.0.0.2 h=host-gateway v6=fd00::1 w6=fd00::2", ""},
		{"extra_hosts: {a: 10.0.0.1, v6: 'fd00::1', more: [10.0.0.2, 10.0.0.3]}", "a=10.0.0.1 more=10.0.0.2 more=10.0.0.3 v6=fd00::1", ""},
		{"network_mode: host, extra_hosts: ['h:host-gateway']", "h=127.0.0.1", "network_mode"},
		{"network_mode: none, extra_hosts: ['h:host-gateway', 'a:10.0.0.1']", "a=10.0.0.1", "h is left out: nothing leads from network_mode: none to the host"},
	} {
		l := mustLoad(t, tree(t, "compose.yaml", "services: {web: {command: x, "+c.text+"}}\n"))
		if got := strings.Join(l.Project.Services[0].ExtraHosts, " "); got != c.want {
			t.Errorf("%s: %s", c.text, got)
		}
		n := l.Project.Notices
		if len(n) > 1 || (len(n) == 1) != (c.notice != "") || c.notice != "" && !strings.Contains(n[0].Key+n[0].Reason, c.notice) {
			t.Errorf("%s: notices %v", c.text, n)
		}
	}
}

func TestDefaultNetwork(t *testing.T) {
	p := project.Project{Networks: []project.Network{{Key: "a", Name: "z"}, {Key: "b", Name: "y"}, {Key: "c", Name: "x", Internal: true}}}
	at := func(keys ...string) string {
		var s project.Service
		for _, k := range keys {
			key, high := strings.CutSuffix(k, "!")
			e := project.Endpoint{Network: key}
			if high {
				e.GatewayPriority = 1
			}
			s.Endpoints = append(s.Endpoints, e)
		}
		if n := p.DefaultNetwork(&s); n != nil {
			return n.Key
		}
		return ""
	}
	for want, got := range map[string]string{"b": at("a", "b", "c"), "a": at("a!", "b"), "": at("c!")} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := at("c!", "a"); got != "a" {
		t.Errorf("an internal network gives the way out: %q", got)
	}
}
