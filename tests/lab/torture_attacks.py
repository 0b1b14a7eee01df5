"""The attacks of torture.py: each gets a cluster (torture_cluster.py) that is well, does its worst, and
asks it to settle."""
import random
import signal
import socket
import time

from netlab import now_us, send_signal, wait_for
from torture_cluster import PROGRAM, Node

ATTACKS = {}


def attack(function):
    ATTACKS[function.__name__] = function
    return function


def restore_address(c, name):
    host = c.lab[name]
    c.ip(name, f"addr replace {host.ip4}/24 dev eth0", f"addr replace {host.ip6}/64 dev eth0 nodad")
    if not any(a.startswith("fe80") for a in host.addresses()):
        c.ip(name, f"addr add fe80::{host.ip4.split('.')[-1]}/64 dev eth0 nodad")


def plug(c):
    c.lab.switch.net(["ip", "-batch", "-"], input="link add lb1 type veth peer name eth0 netns "
                     f"{c.lab['lb1'].pid}\nlink set lb1 master br0 up\n")


@attack
def link_flaps(c, rounds):
    for _ in range(20 * 10 * rounds // 50 or 20):
        c.lab.cut("lb1")
        time.sleep(0.05)
        c.lab.mend("lb1")
        time.sleep(0.05)
    c.settle("flaps", timeout_s=90)


@attack
def late_forwarding(c, rounds):
    """The port has its link at once and forwards after a while, as with spanning tree."""
    for _ in range(2):
        c.lab.cut("lb1")
        c.settle("cut", "lb2")
        c.nft("iifname lb1 drop", "oifname lb1 drop")
        c.lab.mend("lb1")
        time.sleep(4)
        since = now_us()
        c.lab.heal()
        print(f"      healed in {c.settle('forwarding', 'lb1')} ms, gap {c.pinger.gap_ms(since)} ms")


@attack
def deaf_one_way(c, rounds):
    for src, dst in (("lb2", "lb1"), ("lb1", "lb2")):
        for _ in range(3):
            c.nft(f"iifname {src} oifname {dst} drop")
            time.sleep(1)
            c.lab.heal()
            c.settle(f"{src} unheard by {dst}", "lb1")


@attack
def random_loss(c, rounds):
    for percent in (30, 50, 70):
        c.nft(f"ip protocol 112 numgen random mod 100 < {percent} drop")
        time.sleep(3)
        c.lab.heal()
        print(f"      {percent} %: settled in {c.settle('loss', 'lb1', 60)} ms")


@attack
def duplicated_and_reordered(c, rounds):
    """Every advertisement comes again, up to three times, up to 60 ms late."""
    switch, end = c.lab.switch, time.monotonic() + 4
    ports = {}
    for name in c.nodes:
        ports[name] = switch.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        ports[name].bind((name, 0))
        ports[name].settimeout(0.001)
    waiting = []
    while time.monotonic() < end:
        for name, sock in ports.items():
            try:
                frame, where = sock.recvfrom(2000)
            except TimeoutError:
                continue
            vrrp = frame[12:14] == b"\x08\x00" and frame[23] == 112 or \
                frame[12:14] == b"\x86\xdd" and frame[20] == 112
            if vrrp and where[2] != socket.PACKET_OUTGOING:
                waiting += [(time.monotonic() + random.random() * 0.06, other, frame)
                            for other in ports if other != name for _ in range(3)]
        now = time.monotonic()
        for when, other, frame in [w for w in waiting if w[0] <= now]:
            ports[other].send(frame)
        waiting = [w for w in waiting if w[0] > now]
    c.settle("duplicates", "lb1")
    for sock in ports.values():
        sock.close()


@attack
def partitions(c, rounds):
    worst = 0
    for _ in range(rounds):
        c.lab.partition("lb1", "lb2")
        wait_for(lambda: len(c.holders()) == 2, 10, "two")
        time.sleep(random.random() / 5)
        since = now_us()
        c.lab.heal()
        c.settle("heal", "lb1")
        worst = max(worst, c.pinger.gap_ms(since - 20000))
    print(f"      longest gap {worst} ms")


def freeze_some(c, rounds, comm, expect):
    for _ in range(rounds):
        pid = c["lb1"].pid(comm)
        send_signal(pid, signal.SIGSTOP)
        time.sleep(random.choice((0.05, 0.3, 0.6)))
        send_signal(pid, signal.SIGCONT)
        c.settle(f"thaw of {comm}", expect, 60)


@attack
def frozen_failover(c, rounds):
    freeze_some(c, rounds, "relais-failover", None)


@attack
def frozen_runner(c, rounds):
    freeze_some(c, rounds // 2, "relais-runner", "lb1")


@attack
def frozen_master(c, rounds):
    freeze_some(c, rounds // 2, "relais", "lb1")


@attack
def frozen_node(c, rounds):
    for _ in range(rounds // 2):
        c.lab["lb1"].freeze()
        time.sleep(random.choice((0.05, 0.3, 0.6)))
        c.lab["lb1"].thaw()
        c.settle("thaw", None, 90)


@attack
def killed_one_by_one(c, rounds):
    comms = ["relais-failover", "relais-runner", "relais-balancer", "relais"]
    for _ in range(rounds):
        random.shuffle(comms)
        for comm in comms[:random.randint(1, 4)]:
            pid = c["lb1"].pid(comm)
            if pid:
                send_signal(pid, signal.SIGKILL)
            time.sleep(random.choice((0, 0.001, 0.02, 0.2)))
        time.sleep(0.3)
        wait_for(lambda: c["lb1"].pid("relais") or not c["lb1"].host.processes(), 20, "rest to end")
        c.settle("kill", None, 60)
        c["lb1"].ensure()
        c.settle("start", None, 60)


@attack
def interface_deleted(c, rounds):
    for _ in range(rounds // 5):
        c.lab.switch.net(["ip", "link", "del", "lb1"])
        c.settle("deleted", "lb2")
        plug(c)
        c.ip("lb1", "link set eth0 up")
        restore_address(c, "lb1")
        c.settle("made again", "lb1")


@attack
def interface_renamed(c, rounds):
    for _ in range(rounds // 10):
        c.ip("lb1", "link set eth0 down", "link set eth0 name old0", "link set old0 up")
        c.settle("renamed", "lb2")
        c.ip("lb1", "link set old0 down", "link set old0 name eth0", "link set eth0 up")
        restore_address(c, "lb1")
        c.settle("named as before", "lb1")
    c.ip("lb1", "link set eth0 name live0")  # newer kernels rename what is up
    time.sleep(1)
    print("      renamed while up:", c.holders(), c["lb1"].show()["state"], c["lb1"].show()["reason"])
    c.ip("lb1", "link set live0 name eth0")
    c.settle("named as before, up", "lb1")


@attack
def mac_changed(c, rounds):
    for i in range(rounds // 10):
        since = now_us()
        c.ip("lb1", f"link set eth0 address 02:00:00:00:01:{i:02x}")
        c.settle("another MAC", "lb1")
        print(f"      gap {c.pinger.gap_ms(since)} ms")


@attack
def mtu_changed(c, rounds):
    for name in ("lb1", "lb2"):
        for mtu in (1200, 1500, 600, 1500, 68, 1500, 9000, 1500):
            c.ip(name, f"link set eth0 mtu {mtu}")
            time.sleep(0.3)
        restore_address(c, name)
        c.settle(f"MTU of {name}", "lb1")


@attack
def primary_changed(c, rounds):
    for a, b in ((11, 15), (15, 16), (16, 11)):
        c.ip("lb1", f"addr add 192.0.2.{b}/32 dev eth0", f"addr del 192.0.2.{a}/24 dev eth0",
             f"addr add 192.0.2.{b}/24 dev eth0", f"addr del 192.0.2.{b}/32 dev eth0")
        c.settle(f"primary .{b}", "lb1")
        time.sleep(0.3)
        c.ip("lb1", f"addr del 192.0.2.{b}/24 dev eth0")
        time.sleep(0.5)
        c.settle("no primary")
        c.ip("lb1", f"addr add 192.0.2.{b}/24 dev eth0")
        c.settle(f"primary .{b} again", "lb1")


@attack
def addresses_flushed(c, rounds):
    for _ in range(rounds // 5):
        c.ip("lb1", "addr flush dev eth0")
        time.sleep(0.3)
        c.settle("flushed")
        restore_address(c, "lb1")
        c.settle("restored", "lb1")


@attack
def admin_down(c, rounds):
    for _ in range(rounds // 5):
        c.ip("lb1", "link set eth0 down")
        c.settle("down", "lb2")
        c.ip("lb1", "link set eth0 up")
        restore_address(c, "lb1")
        c.settle("up", "lb1")


@attack
def bridge_and_back(c, rounds):
    c.ip("lb1", "link add brx type bridge", "link set brx up", "link set eth0 master brx")
    time.sleep(2)
    print("      in a bridge:", c.holders(), c["lb1"].show()["state"], c["lb1"].show()["reason"])
    c.ip("lb1", "link set eth0 nomaster", "link del brx")
    c.settle("out of the bridge", "lb1")


@attack
def ipv6_switched(c, rounds):
    for name in ("lb1", "lb2"):
        for _ in range(3):
            c.lab[name].run(["sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6"])
            time.sleep(0.6)
            c.lab[name].run(["sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6"])
            restore_address(c, name)
            c.settle(f"IPv6 again on {name}", "lb1")


@attack
def vip_by_hand(c, rounds):
    c.ip("lb2", f"addr add {c.vip}/32 dev eth0")
    time.sleep(1.5)
    print("     ", c["lb1"].show()["conflicts"], "conflicts,", c["lb2"].show()["state"], c.neighbour())
    c.ip("lb2", f"addr del {c.vip}/32 dev eth0")
    c.settle("taken away", "lb1")
    # and when its node becomes master over it
    c.ip("lb2", f"addr add {c.vip_lines[0]} dev eth0")
    c["lb1"].stop()
    c.settle("master over it", "lb2")
    c["lb1"].start(wait=False)
    wait_for(lambda: c["lb1"].show()["state"] == "MASTER", 20, "lb1")
    time.sleep(1)
    c.settle("end", "lb1")


@attack
def equal_priorities(c, rounds):
    for _ in range(5):
        for node in c.nodes.values():
            node.reload(priority=100)
        c.settle("equal", None)
        time.sleep(0.5)
        for node in c.nodes.values():
            node.reload()
        c.settle("unequal", "lb1")


@attack
def priorities_swapped(c, rounds):
    for i in range(rounds // 2):
        a, b = ((100, 150), (150, 100))[i % 2]
        c["lb1"].reload(priority=a)
        c["lb2"].reload(priority=b)
        c.settle("swap", ("lb2", "lb1")[i % 2])
    c["lb1"].reload()
    c["lb2"].reload()
    c.settle("end", "lb1")


@attack
def reload_burst(c, rounds):
    moves = c["lb1"].show()["transitions"]
    for _ in range(200):
        for node in c.nodes.values():
            send_signal(node.master.pid, signal.SIGHUP)
        time.sleep(0.002)
    c.settle("burst", "lb1")
    for _ in range(30):
        c["lb1"].reload(glob=random.choice(("", "vrrp_garp_master_repeat 3")))
        time.sleep(0.05)
    c["lb1"].reload()
    time.sleep(1)
    c.settle("reloads", "lb1")
    assert c["lb1"].show()["transitions"] == moves, "it moved"


@attack
def term_in_takeover(c, rounds):
    for i in range(rounds // 2):
        send_signal(c["lb1"].master.pid, signal.SIGTERM)
        time.sleep(random.random() * 0.12)
        send_signal(c["lb2"].master.pid, signal.SIGTERM)
        wait_for(lambda: not any(n.host.processes() for n in c.nodes.values()), 20, "ends")
        assert not c.holders(), f"left on {c.holders()}"
        for node in c.nodes.values():
            node.launch()
        c.settle("start", "lb1")


@attack
def send_fails(c, rounds):
    """A packet filter of the node's own keeps its advertisements in: it gives up to whom it hears."""
    host = c.lab["lb1"]
    for _ in range(2):
        host.net(["nft", "add table inet t; add chain inet t o { type filter hook output priority 0; };"
                  " add rule inet t o meta l4proto 112 drop"])
        c.settle("cannot send", "lb2")
        host.net(["nft", "delete table inet t"])
        c.settle("sends again", "lb1", 60)


@attack
def address_churn(c, rounds):
    """5,000 addresses come and go on the node's own interface."""
    up = "\n".join(f"addr add 10.{1 + i // 250}.{i % 250}.1/32 dev eth0" for i in range(5000))
    for _ in range(2):
        begun = time.monotonic()
        c.lab["lb1"].net(["ip", "-batch", "-"], input=up + "\n")
        print(f"      added in {time.monotonic() - begun:.1f} s")
        c.settle("5,000 more", None, 60)
        c.lab["lb1"].net(["ip", "-batch", "-"], input=up.replace("addr add", "addr del") + "\n")
        c.settle("5,000 fewer", None, 60)
    text = c["lb1"].log()
    print("      stood still:", c["lb1"].show()["stood_still"], "late:", text.count(" late "),
          "lost events:", text.count("events were lost"))
    c.settle("end", "lb1", 60)


@attack
def link_churn(c, rounds):
    """Interfaces come and go while nobody reads: events are lost."""
    batch = "\n".join(f"link add d{i} type veth peer name e{i}\nlink set d{i} up" for i in range(100))
    for _ in range(2):
        send_signal(c["lb1"].failover(), signal.SIGSTOP)
        c.lab["lb1"].net(["ip", "-batch", "-"], input=batch + "\n")
        c.ip("lb1", *(f"link del d{i}" for i in range(100)))
        c.ip("lb1", f"addr del {c.vip_lines[0]} dev eth0")
        send_signal(c["lb1"].failover(), signal.SIGCONT)
        c.settle("churn", None, 60)
    c.settle("end", "lb1", 60)


@attack
def equal_addresses(c, rounds):
    """The other node is given our primary address: nobody can be heard then, and it ends with that."""
    c.ip("lb2", "addr flush dev eth0 scope global", "addr add 192.0.2.11/24 dev eth0")
    time.sleep(2)
    print("      equal:", c.holders(), c["lb1"].show().get("drops"), c["lb2"].show()["state"])
    c.ip("lb2", "addr flush dev eth0 scope global")
    restore_address(c, "lb2")
    c.settle("their own again", "lb1", 60)


@attack
def other_cluster(c, rounds):
    other = c.lab["lb3"]
    other.write("k.conf", c.config(Node(other, c), vips=("192.0.2.99/24",), priority=200), 0o600)
    p = other.spawn([PROGRAM, "-db", "-k", other.dir / "k.conf"], log="log")
    time.sleep(4)
    print("      dropped:", c["lb1"].show().get("drops"), c.holders())
    c.settle("foreign", None)
    send_signal(p.pid, signal.SIGTERM)
    wait_for(lambda: not other.processes(), 10, "end")
    c.settle("end", "lb1")


@attack
def limits(c, rounds):
    """Few descriptors, little memory, no rights."""
    for limit in ("nofile=20", "nofile=40", "as=60000000", "memlock=0", "nproc=2", "rtprio=0"):
        c["lb1"].stop()
        c.settle("stopped", "lb2")
        path = c["lb1"].host.dir / "keepalived.conf"
        c["lb1"].launch(["prlimit", f"--{limit}", PROGRAM, "-db", "-k", path, "-S",
                         "/run/relais.sock"])
        time.sleep(1)
        runs = c["lb1"].master.poll() is None
        print(f"      {limit}: runs {runs}", c.holders(), c["lb1"].show()["state"])
        c.settle(limit, "lb1" if runs else "lb2")
        if runs:
            c["lb1"].stop()
            c.settle("stopped again", "lb2")
        c["lb1"].start()
        c.settle("started", "lb1")


@attack
def hotplug(c, rounds):
    """Started before there is an interface, or an address."""
    c["lb1"].stop()
    c.lab.switch.net(["ip", "link", "del", "lb1"])
    c["lb1"].launch()
    time.sleep(0.5)
    print("      without:", c["lb1"].show()["state"], c["lb1"].show()["reason"])
    plug(c)
    c.ip("lb1", "link set eth0 up")
    time.sleep(0.5)
    print("      no address:", c["lb1"].show()["state"], c["lb1"].show()["reason"])
    restore_address(c, "lb1")
    c.settle("hotplug", "lb1")
