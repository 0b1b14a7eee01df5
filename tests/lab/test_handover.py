"""A second relais that replaces the first, in HAProxy's classic way (-sf, -st): connections are finished,
the pid file changes hands, and the address stays where it is without a moment of nobody or of two. What
fails on the way leaves the first one as it was."""
import os
import signal
import socket

import pytest

from failover_node import adverts
from netlab import (AddressWatcher, Prober, Sniffer, descendants_of, is_alive, send_signal,
                    wait_for)
from stacks import HAPROXY_CFG, VIP, Relais, write_files

NODES = ("lb1", "lb2")
PIDFILE = "run/relais.pid"
OTHER_VIP = "192.0.2.20"
INSTANCE = """
vrrp_instance VI_%d {
    version 3
    interface eth0
    virtual_router_id 5%d
    priority 150
    advert_int 0.1
    virtual_ipaddress {
        %s/24
    }
}
"""
ALONE = INSTANCE % (1, 1, VIP)


def inside(pid):
    """The number of a process within its host."""
    with open(f"/proc/{pid}/status") as status:
        return int(next(x for x in status if x.startswith("NSpid:")).split()[-1])


class Node(Relais):
    """follow() starts one more, which is the node's master as soon as its number is in the pid file."""
    niceness = -15
    env = None

    def start(self):
        super().start()
        wait_for(lambda: self.pid_in_file() == inside(self.master.pid), 10, "the pid file")

    def pid_in_file(self):
        path = self.host.root / PIDFILE
        return int(path.read_text() or 0) if path.exists() else 0

    def spawn(self, *options, program=None):
        files = ["-f", self.haproxy_cfg] if self.haproxy_cfg else []
        process = self.host.spawn([program or self.program, "-db", *files, "-k", self.keepalived_conf, "-p",
                                   "/" + PIDFILE, *options], log="stack.log", env=self.env)
        self.parts.append(process)
        return process

    def follow(self, *options, before=None):
        before = before or self.master
        process = self.spawn(*(options or ("-sf", inside(before.pid))))
        os.setpriority(os.PRIO_PROCESS, process.pid, self.niceness)
        self.wait_serves(process)
        wait_for(lambda: not is_alive(before.pid), 40, f"the one before to finish\n{self.events()}")
        self.parts.remove(before)
        self.master = process
        return process

    def wait_serves(self, process):
        number = inside(process.pid)
        wait_for(lambda: self.pid_in_file() == number or not is_alive(process.pid), 20,
                 f"process {number} to serve\n{self.events()}")
        assert is_alive(process.pid), self.events()

    def ends(self, process, status):
        """process has ended by itself, and nothing of it is left."""
        wait_for(lambda: process.poll() is not None, 40, f"the end\n{self.events()}")
        assert process.returncode == status, self.events()
        self.parts.remove(process)

    def relais_pids(self):
        return sorted(pid for pid in self.host.processes() if self.is_ours(pid))

    def is_ours(self, pid):
        try:
            return "relais" in os.readlink(f"/proc/{pid}/exe") and is_alive(pid)
        except OSError:
            return False

    def only_this_runs(self):
        """The master of now and its three children: nobody else is left."""
        own = sorted([self.master.pid] + descendants_of(self.master.pid))
        return self.relais_pids() == own

    def events(self):
        return "\n".join(x for x in self.log().splitlines() if "HTTP/1.1" not in x)[-5000:]


@pytest.fixture
def nodes(lab):
    started = {}
    for name in NODES:
        write_files(lab[name], 0.1)
        started[name] = Node(lab[name])
        started[name].start()
    try:
        wait_for(lambda: lab.holders(VIP, NODES) == ["lb1"] and page(lab), 20,
                 "the VIP on lb1\n" + "\n".join(x.events() for x in started.values()))
        yield started
    finally:
        lab.mend_all()
        for node in started.values():
            node.kill()


@pytest.fixture
def lb1(lab):
    """lb1 alone, without a balancer."""
    lab["lb1"].write("keepalived.conf", ALONE)
    node = Node(lab["lb1"], balancer=False)
    node.start()
    try:
        wait_for(lambda: lab["lb1"].holds(VIP), 20, f"the VIP\n{node.events()}")
        yield node
    finally:
        node.kill()


def page(lab):
    return "page by" in lab["client"].run(["curl", "-s", "-m", "1", f"http://{VIP}/"], check=False)


class Witness:
    """Nothing may be seen while it looks: no address that comes or goes, no second master, no request lost."""

    def __init__(self, lab, nodes, requests=True):
        self.nodes = nodes
        self.watchers = [AddressWatcher(lab[name]) for name in nodes]
        self.sniffer = Sniffer(lab["client"])
        self.prober = None
        if requests:
            self.prober = Prober(lab["client"], VIP, interval_ms=4, keep=8, realtime=False, stream_ms=50,
                                 timeout_ms=10000)
            for line in self.prober.lines():
                if line["good"] > 20:
                    break

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        result = self.prober.stop() if self.prober else None
        said = {(source, priority) for _, source, priority in adverts(self.sniffer)}
        moves = [change for watcher in self.watchers for change in watcher.changes(VIP)]
        for watcher in (*self.watchers, self.sniffer):
            watcher.stop()
        if kind is not None:
            return
        logs = "\n".join(f"--- {name}\n{node.events()}" for name, node in self.nodes.items())
        assert moves == [], logs
        assert said == {("192.0.2.11", 150)}, logs
        if result:
            assert result["failed"] == 0, f"{result['errors']}\n{logs}"
            assert result["keep"]["broken"] == 0, f"{result['keep']}\n{logs}"


def test_one_after_the_other_replaces_the_one_before(lab, nodes):
    node = nodes["lb1"]
    with Witness(lab, nodes):
        for _ in range(4):
            node.follow()
            assert node.pid_in_file() == inside(node.master.pid)
            wait_for(node.only_this_runs, 20, "nobody else to be left")
    assert "continues: the last advertisement" in node.log() and page(lab)
    node.stop()
    wait_for(lambda: lab.holders(VIP, NODES) == ["lb2"], 20, "the peer to have it after an ordinary stop")
    assert not (lab["lb1"].root / PIDFILE).exists()


def test_the_one_before_ends_at_once_when_asked_so(lab, nodes):
    node = nodes["lb1"]
    with Witness(lab, nodes, requests=False):
        node.follow("-st", inside(node.master.pid))
    assert page(lab)


def test_all_that_pidof_names_are_replaced_as_one(lab, nodes):
    node = nodes["lb1"]
    for how in ("-sf", "-st"):
        with Witness(lab, nodes, requests=how == "-sf"):
            numbers = lab["lb1"].run(["pidof", "relais"]).split()
            assert len(numbers) >= 4, numbers
            node.follow(how, *numbers)
            wait_for(node.only_this_runs, 20, "nobody else to be left")


def test_in_the_background_and_under_haproxys_name(lab, nodes):
    node, host = nodes["lb1"], lab["lb1"]
    name = host.dir / "haproxy"
    if not name.exists():
        name.symlink_to(Relais.program)
    with Witness(lab, nodes):
        number = node.pid_in_file()
        host.run([name, "-D", "-f", node.haproxy_cfg, "-f", node.keepalived_conf, "-p", "/" + PIDFILE,
                  "-sf", number])
        assert node.pid_in_file() not in (0, number), "it is written when the command has ended"
        wait_for(lambda: not is_alive(node.master.pid), 40, f"the one before to finish\n{node.events()}")
        followed = node.spawn("-sf", node.pid_in_file())
        node.wait_serves(followed)
        node.master = followed
        wait_for(node.only_this_runs, 40, "nobody else to be left")


def test_two_at_once_end_as_one(lab, nodes):
    node = nodes["lb1"]
    with Witness(lab, nodes):
        number = inside(node.master.pid)
        rivals = [node.spawn("-sf", number) for _ in range(2)]
        wait_for(lambda: sum(is_alive(p.pid) for p in (node.master, *rivals)) == 1, 60,
                 f"one to be left\n{node.events()}")
        node.master = next(p for p in rivals if is_alive(p.pid))
        assert node.pid_in_file() == inside(node.master.pid)
        wait_for(node.only_this_runs, 40, "nobody else to be left")
    assert page(lab)


def test_one_that_cannot_start_changes_nothing(lab, nodes):
    node, host = nodes["lb1"], lab["lb1"]
    number = inside(node.master.pid)
    squatter = host.socket(socket.AF_INET, socket.SOCK_STREAM)
    squatter.bind(("0.0.0.0", 8081))
    squatter.listen()
    with Witness(lab, nodes):
        for text, why in (("\nfrontend broken\n    bind nowhere:nothing\n", "haproxy.cfg:"),
                          ("\nfrontend taken\n    bind :8081\n", "Address already in use")):
            host.write("haproxy.cfg", HAPROXY_CFG + text)
            node.ends(node.spawn("-sf", number), 1)
            assert why in node.log()
        host.write("haproxy.cfg", HAPROXY_CFG)
        assert node.pid_in_file() == number
        wait_for(node.only_this_runs, 20, "nobody else to be left")
        node.follow()
    squatter.close()


def test_connections_that_are_open_are_finished(lab, nodes):
    node = nodes["lb1"]
    with lab["client"].socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.settimeout(20)
        sock.connect((VIP, 80))
        sock.sendall(b"GET / HTTP/1.1\r\nHost: lab\r\n")
        before, number = node.master, inside(node.master.pid)
        after = node.spawn("-sf", number)
        node.wait_serves(after)
        node.master = after
        assert is_alive(before.pid)
        sock.sendall(b"\r\n")
        assert b"200 OK" in sock.recv(4096)
    wait_for(lambda: not is_alive(before.pid), 40, "the one before to have finished")
    node.parts.remove(before)


def test_stick_tables_go_on(lab, nodes):
    node, host = nodes["lb1"], lab["lb1"]
    host.write("haproxy.cfg", HAPROXY_CFG + "    stick-table type string len 16 size 10k expire 1h store gpc0\n")
    node.follow()
    node.ask("set table web key b data.gpc0 42")
    for _ in range(2):
        node.follow()
        assert "gpc0=42" in node.ask("show table web key b"), node.events()


def test_failover_alone_is_replaced_too(lab, lb1):
    with Witness(lab, {"lb1": lb1}, requests=False):
        for how in ("-sf", "-st", "-sf"):
            lb1.follow(how, inside(lb1.master.pid))
    # who comes without being told to replace it is still refused
    lb1.ends(lb1.spawn(), 1)
    assert "it is running already" in lb1.log()


def test_scripts_are_not_told_again(lab, lb1):
    """What notify was told by the first one it knows; a FIFO is opened anew and has the state again."""
    host = lab["lb1"]
    told = host.dir / "told.log"
    script = host.write("told.sh", f"#!/bin/sh\necho $3 >> {told}\n", 0o755)
    told.unlink(missing_ok=True)
    host.write("keepalived.conf", "global_defs {\n    script_user root\n}\n" +
               ALONE.replace("    version 3\n", f"    version 3\n    notify {script}\n"))
    lb1.stop()
    lb1.start()
    wait_for(lambda: told.exists() and told.read_text().split() == ["BACKUP", "MASTER"], 20, "the first word")
    for how in ("-sf", "-st"):
        lb1.follow(how, inside(lb1.master.pid))
    lb1.stop()
    wait_for(lambda: told.read_text().split()[-1] == "STOP", 20, "the last word")
    assert told.read_text().split() == ["BACKUP", "MASTER", "STOP"], lb1.events()


def test_another_configuration_takes_its_effect(lab, lb1):
    """What both have stays; what only the first had is given up, what only the second has is taken."""
    host = lab["lb1"]
    host.write("keepalived.conf", ALONE + INSTANCE % (2, 2, OTHER_VIP))
    watcher = AddressWatcher(host)
    lb1.follow()
    wait_for(lambda: host.holds(OTHER_VIP), 20, f"the second VIP\n{lb1.events()}")
    host.write("keepalived.conf", ALONE)
    lb1.follow()
    wait_for(lambda: not host.holds(OTHER_VIP), 20, f"the second VIP to be gone\n{lb1.events()}")
    assert host.holds(VIP) and watcher.changes(VIP) == []
    watcher.stop()


def test_a_process_that_is_no_relais_gets_its_signal(lab):
    host = lab["lb1"]
    host.write("keepalived.conf", ALONE)
    asleep = host.spawn(["sleep", "1000"])
    node = Node(host, balancer=False)
    try:
        node.master = node.spawn("-sf", inside(asleep.pid))
        node.wait_serves(node.master)
        wait_for(lambda: not is_alive(asleep.pid), 20, "its end")
        wait_for(lambda: host.holds(VIP), 20, "the VIP")
        node.follow("-sf", inside(node.master.pid), 99999)
        assert host.holds(VIP)
    finally:
        node.kill()


class Systemd:
    """The socket that a unit of Type=notify is given, and what came there."""

    def __init__(self, host):
        path = str(host.dir / "notify")
        self.env = {**os.environ, "NOTIFY_SOCKET": path}
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.setblocking(False)
        self.sock.bind(path)
        self.said = []

    def lines(self):
        while True:
            try:
                self.said += self.sock.recv(4096).decode().splitlines()
            except BlockingIOError:
                return self.said


def test_systemd_is_told_who_the_main_process_is(lab):
    host = lab["lb1"]
    host.write("keepalived.conf", ALONE)
    systemd, node = Systemd(host), Node(host, balancer=False)
    node.env = systemd.env
    try:
        node.master = node.spawn("-Ws")
        wait_for(lambda: "READY=1" in systemd.lines(), 20, "the start")
        send_signal(node.master.pid, signal.SIGUSR2)
        wait_for(lambda: systemd.lines().count("READY=1") == 2, 20, "the reload")
        told = systemd.lines()
        assert told[0] == "READY=1" and told[1] == "RELOADING=1" and told[2].startswith("MONOTONIC_USEC="), told
        node.follow("-Ws", "-sf", inside(node.master.pid))
        wait_for(lambda: f"MAINPID={inside(node.master.pid)}" in systemd.lines(), 20, "the main process")
        assert "STOPPING=1" not in systemd.lines()
        node.master.terminate()
        wait_for(lambda: "STOPPING=1" in systemd.lines(), 20, "the stop")
    finally:
        node.kill()
        systemd.sock.close()


def kill_whole(process):
    """Stopped first, so that none of them acts on the end of another."""
    pids = [process.pid] + descendants_of(process.pid)
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in pids:
            send_signal(pid, number)
    wait_for(lambda: not any(is_alive(pid) for pid in pids), 20, "the killed to be gone")


def test_one_killed_before_it_takes_over_changes_nothing(lab, lb1):
    failover = lb1.failover_pid()
    watcher = AddressWatcher(lab["lb1"])
    send_signal(failover, signal.SIGSTOP)
    follower = lb1.spawn("-sf", inside(lb1.master.pid))
    wait_for(lambda: "is to replace this one" in lb1.log(), 20, "the first question")
    kill_whole(follower)
    lb1.parts.remove(follower)
    send_signal(failover, signal.SIGCONT)
    wait_for(lambda: "this one goes on" in lb1.log(), 20, f"the first to go on\n{lb1.events()}")
    assert lb1.failover_pid() == failover
    assert lb1.pid_in_file() == inside(lb1.master.pid)
    watcher.stop()
    wait_for(lambda: lab["lb1"].holds(VIP), 20, "the VIP")
    lb1.follow()
    wait_for(lambda: lab["lb1"].holds(VIP), 20, f"the VIP\n{lb1.events()}")


def test_one_killed_when_it_has_taken_over_leaves_no_orphan(lab, nodes):
    """At whatever moment: the first one takes it back, or the kernel lets it go and the peer has it."""
    node = nodes["lb1"]

    def n_handed():
        return node.log().count("handed over to the process that follows")

    def is_finishing():  # it lives for as long as its connections do, and takes nothing back any more
        return "stopping once all connections are finished" in node.log()

    for _ in range(3):
        before = n_handed()
        follower = node.spawn("-sf", inside(node.master.pid))
        wait_for(lambda: n_handed() > before or is_finishing(), 20, f"the handover\n{node.events()}", step_s=0.0005)
        kill_whole(follower)
        node.parts.remove(follower)
        wait_for(lambda: len(lab.holders(VIP, NODES)) == 1 and page(lab), 30,
                 "one node to have it\n" + "\n".join(x.events() for x in nodes.values()))
        if is_finishing():
            break


def test_more_sockets_by_x(lab, nodes):
    """-x alone: a second one beside the first, on the same sockets (as haproxy's), which without it finds
    its ports in use. Which of the two the kernel gives a request is its own affair."""
    node, host = nodes["lb1"], lab["lb1"]
    with Witness(lab, nodes):
        second = host.spawn([Relais.program, "-db", "-f", node.haproxy_cfg, "-x", "/run/haproxy/admin.sock",
                             "-p", "/run/second.pid"], log="second.log")
        wait_for(lambda: "NOTICE serving" in (host.dir / "second.log").read_text(), 20, "the second one")
        send_signal(second.pid, signal.SIGUSR1)
        wait_for(lambda: not is_alive(second.pid), 40, "it to finish")
    assert is_alive(node.master.pid)
