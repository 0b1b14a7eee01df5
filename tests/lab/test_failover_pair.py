"""Two nodes of relais' failover in a small network: taking, keeping, giving and losing a VIP
(transport/transport.c, address/segment/announce_send.c and the rest of the room with real packets and a real kernel)."""
import os
import signal
import socket

import pytest

from failover_node import Relais, adverts, garps, kill_all, reaches, unsolicited_nas
from netlab import Lab, Sniffer, now_us, send_signal, wait_for

VIP, VIP2, VIP6 = "192.0.2.10", "192.0.2.20", "2001:db8::10"
NODES = ("lb1", "lb2")
FAST = ("-a", "100")


@pytest.fixture
def lab():
    with Lab({"client": 2, "lb1": 11, "lb2": 12}) as built:
        yield built


def pair(lab, *args, vips=(f"{VIP}/24", f"{VIP2}/32"), advert=FAST):
    """lb1 as MASTER with priority 150, lb2 as BACKUP with 100."""
    one = Relais(lab["lb1"], "-p", "150", *advert, *args, *vips)
    one.wait_state("MASTER")
    two = Relais(lab["lb2"], "-p", "100", *advert, *args, *vips)
    two.wait_state("BACKUP")
    return one, two


def wait_held_by(lab, name, vip=VIP):
    wait_for(lambda: lab.holders(vip, NODES) == [name], 10, f"{vip} on {name} alone")


def addresses_of(host):
    """All of eth0, but for what is left of lifetimes."""
    shown = host.run(["ip", "-o", "addr", "show", "dev", "eth0"])
    return [line.split("valid_lft")[0] for line in shown.splitlines()]


def mac_of(host):
    return bytes.fromhex(host.run(["cat", "/sys/class/net/eth0/address"]).strip().replace(":", ""))


def test_a_master_takes_its_addresses_and_announces_them(lab):
    sniffer = Sniffer(lab["client"])
    since = now_us()
    one = Relais(lab["lb1"], "-p", "150", *FAST, f"{VIP}/24", f"{VIP2}/32")
    one.wait_state("MASTER")
    assert lab["lb1"].holds(VIP) and lab["lb1"].holds(VIP2)
    wait_for(lambda: len(garps(sniffer, VIP, since)) >= 5 and len(garps(sniffer, VIP2, since)) >= 5, 10,
             "five gratuitous ARPs for each address")
    first_advert = wait_for(lambda: adverts(sniffer, since), 10, "an advert")[0]
    assert first_advert[1:] == (lab["lb1"].ip4, 150)
    assert first_advert[0] <= garps(sniffer, VIP, since)[0][0], "the advert goes first"
    assert reaches(lab["client"], VIP)
    assert one.show()["ledger"] == 2
    sniffer.stop()


def test_ipv6_addresses_are_advertised_from_the_link_local_and_announced(lab):
    sniffer = Sniffer(lab["client"])
    packed = socket.inet_pton(socket.AF_INET6, VIP6)
    one = Relais(lab["lb1"], "-p", "150", *FAST, f"{VIP6}/64")
    one.wait_state("MASTER")
    wait_for(lambda: unsolicited_nas(sniffer, packed), 10, "an unsolicited NA")
    assert all(flags & 0x60 == 0x20 for _, flags in unsolicited_nas(sniffer, packed))
    wait_for(lambda: any(source.startswith("fe80") for _, source, _ in adverts(sniffer)), 10, "an advert")
    assert reaches(lab["client"], VIP6)
    one.stop()
    assert not lab["lb1"].holds(VIP6)
    sniffer.stop()


def test_a_stop_says_priority_0_first_and_leaves_nothing(lab):
    one, two = pair(lab)
    sniffer = Sniffer(lab["client"])
    since = now_us()
    assert one.stop() == "ended 0 swept 0"
    assert lab.holders(VIP, ["lb1"]) == [] and lab.holders(VIP2, ["lb1"]) == []
    two.wait_state("MASTER")
    wait_held_by(lab, "lb2")
    wait_for(lambda: garps(sniffer, VIP, since), 10, "lb2's gratuitous ARP")
    said = [x[1:] for x in adverts(sniffer, since)]
    assert (lab["lb1"].ip4, 0) in said
    assert (lab["lb1"].ip4, 150) not in said[said.index((lab["lb1"].ip4, 0)):]
    sniffer.stop()


def test_a_killed_failover_is_swept_by_its_master(lab):
    one, two = pair(lab)
    send_signal(one.failover_pid(), signal.SIGKILL)
    assert one.expect("ended") == "ended 9 swept 2"
    assert not lab["lb1"].holds(VIP) and not lab["lb1"].holds(VIP2)
    two.wait_state("MASTER")
    wait_held_by(lab, "lb2")


def test_a_crashed_failover_is_replaced_and_the_address_stays(lab):
    one, two = pair(lab, advert=("-a", "200"))
    before = two.show()["transitions"]
    address_watch = addresses_of(lab["lb1"])
    for _ in range(3):
        one.do("crash")
        one.expect("ready")
        one.wait_state("MASTER")
    assert addresses_of(lab["lb1"]) == address_watch
    assert two.show()["transitions"] == before
    one.stop()
    assert not lab["lb1"].holds(VIP)


def test_a_killed_master_process_makes_failover_resign(lab):
    one, two = pair(lab)
    child = one.failover_pid()
    sniffer = Sniffer(lab["client"])
    send_signal(one.process.pid, signal.SIGKILL)
    one.process.wait(10)
    wait_held_by(lab, "lb2")
    wait_for(lambda: not os.path.exists(f"/proc/{child}"), 10, "failover to end")
    assert not lab["lb1"].holds(VIP) and not lab["lb1"].holds(VIP2)
    wait_for(lambda: (lab["lb1"].ip4, 0) in [x[1:] for x in adverts(sniffer)], 10, "its priority 0")
    sniffer.stop()


def test_a_kill_of_everything_leaves_no_address_for_longer_than_its_lifetime(lab):
    one, two = pair(lab, "-L", "2", vips=(f"{VIP}/24", f"{VIP2}/32"))
    wait_for(lambda: one.show()["sent"] > 40, 20, "two lifetimes of holding")
    assert lab["lb1"].holds(VIP) and lab["lb1"].holds(VIP2) and one.show()["repaired"] == 0
    kill_all(one.pids())
    two.wait_state("MASTER")
    wait_held_by(lab, "lb2")
    wait_held_by(lab, "lb2", VIP2)


@pytest.mark.parametrize("vip", [f"{VIP}/24", f"{VIP6}/64"])
def test_a_frozen_node_loses_its_address_while_it_is_frozen(lab, vip):
    address = vip.split("/")[0]
    one, two = pair(lab, "-L", "2", vips=(vip,))
    lab["lb1"].freeze()
    two.wait_state("MASTER")
    wait_held_by(lab, "lb2", address)
    sniffer, told = Sniffer(lab["lb2"]), len(one.log_text())
    since = now_us()
    lab["lb1"].thaw()
    one.wait_moves(told, "BACKUP", "MASTER")
    wait_held_by(lab, "lb1", address)
    mine = wait_for(lambda: [when for when, _, priority in adverts(sniffer, since) if priority == 150], 10, "adverts")
    theirs = [when for when, _, priority in adverts(sniffer, since) if priority == 100]
    assert [t for t in theirs if t < mine[0]], "it listened before it spoke as master"
    assert one.show()["repaired"] == 0, "an address that expired was no longer its own"
    sniffer.stop()


@pytest.mark.parametrize("vip", [f"{VIP}/24", f"{VIP6}/64"])
def test_a_silent_node_that_still_answers_is_found_and_announced_against(lab, vip):
    address = vip.split("/")[0]
    one, two = pair(lab, "-L", "0", vips=(vip,), advert=("-a", "300"))
    lab["lb1"].freeze()  # its kernel goes on answering, and nothing takes the address away
    two.wait_state("MASTER")
    mac = ":".join(f"{b:02x}" for b in mac_of(lab["lb1"]))
    wait_for(lambda: f"{address} is also answered for by {mac}" in two.log_text(), 10, "the conflict")
    assert two.state() == "MASTER", "the takeover waited for nothing"
    assert reaches(lab["client"], address)
    assert "nobody else answers" not in two.log_text()
    lab["lb1"].net(["ip", "addr", "del", vip, "dev", "eth0"])
    wait_for(lambda: "nobody else answers" in two.log_text(), 30, "the end of the conflict")
    told = len(one.log_text())
    lab["lb1"].thaw()
    one.wait_moves(told, "BACKUP", "MASTER")
    wait_held_by(lab, "lb1", address)
    assert "also answered" not in one.log_text(), "a peer that speaks is not asked"


@pytest.mark.parametrize("flag", ["-w", "-W"])
def test_with_a_witness_the_node_that_is_cut_off_takes_nothing(lab, flag):
    witness = lab["client"].socket(socket.AF_INET, socket.SOCK_STREAM)
    witness.bind((lab["client"].ip4, 80))
    witness.listen(1000)
    one, two = pair(lab, flag, lab["client"].ip4)
    moves = two.show()["transitions"]
    lab.partition("lb2", "lb1")
    lab.partition("lb2", "client")  # the backup is alone, its link is up
    wait_for(lambda: "neither a master nor a witness" in two.show()["reason"], 10, "the takeover to be withheld")
    assert lab.holders(VIP, NODES) == ["lb1"] and reaches(lab["client"], VIP)
    lab.heal()
    wait_for(lambda: two.show()["master"] == lab["lb1"].ip4 and one.state() == "MASTER", 10, "one master")
    assert two.show()["transitions"] == moves
    lab.partition("lb1", "lb2")
    lab.partition("lb1", "client")  # the master is alone: who has the witness takes over
    two.wait_state("MASTER")
    assert reaches(lab["client"], VIP)
    lab.heal()
    two.wait_state("BACKUP")
    wait_held_by(lab, "lb1")
    witness.close()


def test_renewals_disturb_no_connection(lab):
    one, _ = pair(lab, "-L", "1", vips=(f"{VIP}/24", f"{VIP6}/64"))
    listener = lab["lb1"].socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind((VIP, 8080))
    listener.listen()
    client = lab["client"].socket(socket.AF_INET, socket.SOCK_STREAM)
    client.connect((VIP, 8080))
    server, _ = listener.accept()
    until = one.show()["sent"] + 40
    while one.show()["sent"] < until:  # four lifetimes
        client.sendall(b"x" * 1000)
        got = 0
        while got < 1000:
            got += len(server.recv(1000 - got))
    assert one.show()["repaired"] == 0 and one.state() == "MASTER"
    for sock in (client, server, listener):
        sock.close()


def test_what_a_kill_of_everything_left_is_removed_at_the_next_start(lab):
    one, two = pair(lab, "-L", "0")
    kill_all(one.pids())
    two.wait_state("MASTER")
    assert lab["lb1"].holds(VIP), "nobody was left to remove it"
    lab["lb1"].run(["ip", "addr", "add", "192.0.2.77/24", "dev", "eth0"])
    back = Relais(lab["lb1"], "-p", "50", *FAST, f"{VIP}/24", f"{VIP2}/32")
    back.wait_state("BACKUP")
    assert not lab["lb1"].holds(VIP) and not lab["lb1"].holds(VIP2)
    assert lab["lb1"].holds("192.0.2.77")
    wait_held_by(lab, "lb2")


def test_a_deleted_address_is_put_back_and_announced(lab):
    one, _ = pair(lab)
    sniffer = Sniffer(lab["client"])
    since = now_us()
    lab["lb1"].run(["ip", "addr", "del", f"{VIP2}/32", "dev", "eth0"])
    wait_for(lambda: lab["lb1"].holds(VIP2), 10, "the address to be back")
    wait_for(lambda: garps(sniffer, VIP2, since), 10, "its gratuitous ARP")
    wait_for(lambda: one.show()["repaired"] == 1, 10, "one repair to be counted")
    lab["lb1"].net(["ip", "-batch", "-"], input=f"addr del {VIP}/24 dev eth0\n"
                   f"addr del {VIP2}/32 dev eth0\n")
    wait_for(lambda: one.show()["repaired"] == 3, 10, "both to be put back")
    wait_for(lambda: lab["lb1"].holds(VIP) and lab["lb1"].holds(VIP2), 10, "both")
    sniffer.stop()


@pytest.mark.parametrize("advert_ms", [10, 100])
def test_a_cut_node_is_succeeded_and_returns(lab, advert_ms):
    one, two = pair(lab, advert=("-a", str(advert_ms)))
    lab.cut("lb1")
    two.wait_state("MASTER")
    one.wait_state("FAULT")
    wait_held_by(lab, "lb2")
    lab.mend("lb1")
    one.wait_state("MASTER")
    two.wait_state("BACKUP")
    wait_held_by(lab, "lb1")
    wait_held_by(lab, "lb1", VIP2)


def test_nopreempt_leaves_the_address_where_it_is(lab):
    one, two = pair(lab, "-n")
    one.stop()
    two.wait_state("MASTER")
    again = Relais(lab["lb1"], "-p", "150", *FAST, "-n", f"{VIP}/24", f"{VIP2}/32")
    again.wait_state("BACKUP")
    wait_for(lambda: again.show()["received"] > 20, 15, "two seconds of adverts")
    assert (again.state(), two.state()) == ("BACKUP", "MASTER")


def test_a_healed_partition_leaves_one_holder_and_its_arp_entry(lab):
    one, two = pair(lab)
    assert reaches(lab["client"], VIP)
    lab.partition("lb1", "lb2")
    two.wait_state("MASTER")
    assert one.state() == "MASTER"
    assert reaches(lab["client"], VIP)
    lab.heal()
    two.wait_state("BACKUP")
    wait_held_by(lab, "lb1")

    def client_has_the_winner():
        entry = lab["client"].net(["ip", "neigh", "show", VIP])
        return ":".join(f"{b:02x}" for b in mac_of(lab["lb1"])) in entry
    wait_for(client_has_the_winner, 10, "the client's ARP entry to be the winner's")


def test_a_frozen_node_that_wakes_stands_down_first(lab):
    one, two = pair(lab)
    lab["lb1"].freeze()
    two.wait_state("MASTER")
    sniffer, told = Sniffer(lab["lb2"]), len(one.log_text())
    since = now_us()
    lab["lb1"].thaw()
    one.wait_moves(told, "BACKUP", "MASTER")  # preempts by the protocol, after having listened
    wait_held_by(lab, "lb1")
    mine = wait_for(lambda: [when for when, source, priority in adverts(sniffer, since)
                             if source == lab["lb1"].ip4 and priority == 150], 10, "adverts")
    theirs = [when for when, source, _ in adverts(sniffer, since) if source == lab["lb2"].ip4]
    assert [t for t in theirs if t < mine[0]], "it listened before it spoke as master"
    sniffer.stop()


def test_unicast_moves_too(lab):
    vips = (f"{VIP}/24",)
    one = Relais(lab["lb1"], "-p", "150", *FAST, "-u", lab["lb2"].ip4, *vips)
    two = Relais(lab["lb2"], "-p", "100", *FAST, "-u", lab["lb1"].ip4, *vips)
    one.wait_state("MASTER")
    wait_for(lambda: two.show()["received"] > 5, 10, "unicast adverts")
    one.stop()
    two.wait_state("MASTER")
    wait_held_by(lab, "lb2")


def test_an_interface_that_vanishes_and_returns(lab):
    host = lab["lb1"]
    add = "link add d0 type veth peer name d1\nlink set d1 up\nlink set d0 up\naddr add 198.51.100.1/24 dev d0\n"
    host.net(["ip", "-batch", "-"], input=add)
    one = Relais(host, "-i", "d0", *FAST, "198.51.100.10/32")
    one.wait_state("MASTER")
    host.net(["ip", "link", "del", "d0"])
    one.wait_state("FAULT")
    wait_for(lambda: one.show()["ledger"] == 0, 10, "an empty ledger")
    host.net(["ip", "-batch", "-"], input=add)
    one.wait_state("MASTER")
    assert "198.51.100.10" in host.addresses("d0")


def test_excluded_addresses_of_the_other_family_are_held_too(lab):
    one = Relais(lab["lb1"], *FAST, "-x", f"{VIP6}/64", f"{VIP}/24")
    one.wait_state("MASTER")
    assert lab["lb1"].holds(VIP) and lab["lb1"].holds(VIP6)
    assert reaches(lab["client"], VIP6)
    one.stop()
    assert not lab["lb1"].holds(VIP6)
