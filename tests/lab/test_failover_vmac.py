"""Virtual MAC addresses (use_vmac): the address moves and its MAC with it, between two nodes of relais and
between relais and Debian's keepalived (address/vmac.c, transport/transport.c)."""
import socket
import signal

import pytest

from failover_node import Keepalived, Relais, reaches
from netlab import Lab, Sniffer, now_us, send_signal, wait_for

VIP, VIP6 = "192.0.2.10", "2001:db8::10"
NODES = ("lb1", "lb2")
MAC, MAC6 = "00:00:5e:00:01:33", "00:00:5e:00:02:33"
CONF = """\
vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {priority}
    version 3
    advert_int 0.1
    use_vmac
    {more}
    virtual_ipaddress {{
{vips}
    }}
}}
"""
FORMS = {"ipv4": ("", [f"{VIP}/24"]), "base": ("vmac_xmit_base", [f"{VIP}/24"]),
         "ipv6": ("", ["fe80::10/64", f"{VIP6}/64"])}


@pytest.fixture
def lab():
    with Lab({"client": 2, "lb1": 11, "lb2": 12}) as built:
        yield built


def text(priority, form="ipv4"):
    more, vips = FORMS[form]
    return CONF.format(priority=priority, more=more, vips="\n".join(f"        {v}" for v in vips))


def relais(lab, name, priority, form="ipv4"):
    host = lab[name]
    return Relais(host, "-k", host.write("relais.conf", text(priority, form), 0o600))


def holder(lab, ip=VIP):
    family, device = "-6" if ":" in ip else "-4", "vrrp.51"
    return [name for name in NODES if name not in lab.cuts and
            f" {ip}/" in lab[name].run(["ip", family, "-o", "addr", "show", "dev", device], check=False)]


def wait_held_by(lab, name, ip=VIP, *nodes):
    wait_for(lambda: holder(lab, ip) == [name], 15,
             f"{ip} on {name} alone\n" + "\n".join(n.log_text()[-2000:] for n in nodes))


def neighbour(client, ip):
    """The hardware address that the client finds for it, once it has found one."""
    def found():
        reaches(client, ip, 1)
        words = client.run(["ip", "neigh", "show", "to", ip, "dev", "eth0"]).split()
        return words[words.index("lladdr") + 1] if "lladdr" in words else None
    return wait_for(found, 10, f"an answer for {ip}")


def sources(sniffer, since_us=0):
    """Source MACs of advertisements."""
    return {":".join(f"{b:02x}" for b in frame[6:12]) for _, frame in sniffer.items(since_us)
            if frame[12:14] == b"\x08\x00" and frame[23] == 112 or frame[12:14] == b"\x86\xdd" and frame[20] == 112}


def interfaces(host):
    return {line.split(": ")[1].partition("@")[0] for line in host.run(["ip", "-o", "link"]).splitlines()}


@pytest.mark.parametrize("form", FORMS)
def test_the_mac_moves_with_the_address(lab, form):
    ip, mac = (VIP6, MAC6) if form == "ipv6" else (VIP, MAC)
    sniffer = Sniffer(lab["client"])
    one = relais(lab, "lb1", 150, form)
    one.wait_state("MASTER")
    two = relais(lab, "lb2", 100, form)
    two.wait_state("BACKUP")
    heard = two.show()["received"]
    wait_for(lambda: two.show()["received"] > heard + 3, 10, "adverts")
    wait_held_by(lab, "lb1", ip, one, two)
    assert neighbour(lab["client"], ip) == mac
    since = now_us()
    wait_for(lambda: sources(sniffer, since), 10, "an advert")
    if form == "base":
        assert mac not in sources(sniffer)
    else:
        assert sources(sniffer) == {mac}
    one.stop()
    wait_held_by(lab, "lb2", ip, one, two)
    assert neighbour(lab["client"], ip) == mac
    assert reaches(lab["client"], ip)
    assert interfaces(lab["lb1"]) == {"lo", "eth0"}
    assert two.show()["dropped"] == 0
    two.stop()
    sniffer.stop()


@pytest.mark.parametrize("form", FORMS)
def test_keepalived_on_the_other_node(lab, form):
    ip, mac = (VIP6, MAC6) if form == "ipv6" else (VIP, MAC)
    other = Keepalived(lab["lb2"], text(100, form))
    wait_held_by(lab, "lb2", ip, other)
    one = relais(lab, "lb1", 150, form)
    wait_held_by(lab, "lb1", ip, one, other)
    assert neighbour(lab["client"], ip) == mac
    wait_for(lambda: "BACKUP STATE" in other.log_text().partition("MASTER STATE")[2], 10, "keepalived as BACKUP")
    one.stop()
    wait_held_by(lab, "lb2", ip, one, other)  # its ARP requests teach others eth0's MAC: not compared
    one = relais(lab, "lb1", 50, form)
    one.wait_state("BACKUP")
    heard = one.show()["received"]
    wait_for(lambda: one.show()["received"] > heard + 3, 10, "keepalived's adverts")
    assert one.show()["dropped"] == 0
    other.stop()
    wait_held_by(lab, "lb1", ip, one, other)


def test_a_backup_teaches_no_switch_the_mac(lab):
    one = relais(lab, "lb1", 150)
    one.wait_state("MASTER")
    with_mac = bytes.fromhex(MAC.replace(":", ""))
    sniffer = Sniffer(lab["client"])
    two = relais(lab, "lb2", 100)
    two.wait_state("BACKUP")
    heard = two.show()["received"]
    wait_for(lambda: two.show()["received"] > heard + 20, 10, "two seconds of adverts")
    lb1 = socket.inet_aton(lab["lb1"].ip4)
    strange = [frame.hex() for _, frame in sniffer.items() if frame[6:12] == with_mac and frame[26:30] != lb1
               and frame[12:14] != b"\x08\x06"]
    assert strange == [], "nothing but the master's packets has the virtual MAC as its source"
    sniffer.stop()


def test_an_interface_that_somebody_removes_is_no_failover(lab):
    one = relais(lab, "lb1", 150)
    one.wait_state("MASTER")
    two = relais(lab, "lb2", 100)
    two.wait_state("BACKUP")
    lab["lb1"].run(["ip", "link", "del", "vrrp.51"])
    wait_held_by(lab, "lb1", VIP, one, two)
    wait_for(lambda: reaches(lab["client"], VIP, 1), 10, "the address to answer")
    assert one.show()["transitions"] == 2 and two.show()["transitions"] == 1


def test_nothing_is_left_behind(lab):
    one = relais(lab, "lb1", 150)
    one.wait_state("MASTER")
    one.do("crash")
    one.expect("ready")
    one.wait_state("MASTER")
    assert holder(lab) == ["lb1"]
    send_signal(one.failover_pid(), signal.SIGKILL)
    one.expect("ended")
    assert interfaces(lab["lb1"]) == {"lo", "eth0"}
    assert lab["lb1"].run(["cat", "/proc/sys/net/ipv4/conf/eth0/arp_ignore"]).strip() == "0"
    assert lab["lb1"].run(["nft", "list", "tables"]).strip() == ""


def test_a_link_that_is_cut_moves_it_and_moves_it_back(lab):
    one = relais(lab, "lb1", 150)
    one.wait_state("MASTER")
    two = relais(lab, "lb2", 100)
    two.wait_state("BACKUP")
    lab.cut("lb1")
    wait_held_by(lab, "lb2", VIP, one, two)
    lab.mend("lb1")
    wait_held_by(lab, "lb1", VIP, one, two)
    assert neighbour(lab["client"], VIP) == MAC
