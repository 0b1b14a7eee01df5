"""The two stacks that the lab can put on a node, behind one set of verbs and one pair of files.

"pair" is what Debian ships: haproxy in master-worker mode and keepalived, started by hand as their
units would. "relais" is build/relais with the very same haproxy.cfg and keepalived.conf.
"""
import os
import pathlib
import signal
import socket
import time

from netlab import (TOP, children_of, comm_of, descendants_of, is_alive, send_signal, tool, wait_for)

VIP, VIP6 = "192.0.2.10", "2001:db8::10"

HAPROXY_CFG = """\
global
    log stdout format raw local0
    stats socket /run/haproxy/admin.sock mode 660 level admin
    maxconn 4000

defaults
    log global
    mode http
    option httplog
    option forwardfor
    option redispatch
    retries 3
    timeout connect 1s
    timeout client 30s
    timeout server 30s
    timeout http-keep-alive 30s
    timeout check 500ms

frontend www
    bind :80
    default_backend web

backend web
    balance roundrobin
    option httpchk GET /health
    default-server check inter 500ms fall 2 rise 2
    server web1 192.0.2.31:80
    server web2 192.0.2.32:80
    server web3 192.0.2.33:80
"""

KEEPALIVED_CONF = """\
global_defs {{
    router_id {name}
    script_user root
    enable_script_security
}}
vrrp_script chk_haproxy {{
    script "/usr/bin/killall -0 haproxy"
    interval 2
    weight -60
}}
vrrp_instance VI_1 {{
    version 3
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {priority}
    advert_int {advert}
    virtual_ipaddress {{
        192.0.2.10/24
    }}
    track_script {{
        chk_haproxy
    }}
}}
"""


def write_files(host, advert, haproxy_cfg=HAPROXY_CFG, keepalived_conf=KEEPALIVED_CONF):
    priority = 150 if host.name.endswith("1") else 100
    host.write("haproxy.cfg", haproxy_cfg)
    host.write("keepalived.conf",
               keepalived_conf.format(name=host.name, priority=priority, advert=advert))
    (host.root / "run/haproxy").mkdir(exist_ok=True)


class Stack:
    """One node's balancer and failover. started with start(); every verb acts on this node only.

    The files are the host's haproxy.cfg and keepalived.conf; balancer=False is failover alone."""

    def __init__(self, host, balancer=True):
        self.host, self.parts = host, []
        self.haproxy_cfg = host.dir / "haproxy.cfg" if balancer else None
        self.keepalived_conf = host.dir / "keepalived.conf"

    def kill_balancer(self):
        for pid in self.balancer_pids():
            send_signal(pid, signal.SIGKILL)

    def hang_balancer(self):
        for pid in self.balancer_pids():
            send_signal(pid, signal.SIGSTOP)

    def kill_failover(self):
        """The one process that speaks VRRP."""
        send_signal(self.failover_pid(), signal.SIGKILL)

    def ask(self, command, path="run/haproxy/admin.sock"):
        """One line to the node's runtime socket; the whole answer."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(5)
            sock.connect(str(self.host.root / path))
            sock.sendall(command.encode() + b"\n")
            answer = b""
            while data := sock.recv(65536):
                answer += data
        return answer.decode(errors="replace")

    def is_running(self):
        return all(part.poll() is None for part in self.parts)

    def _kill_strays(self):
        strays = [pid for pid in self.host.processes() if comm_of(pid) in self.comms]
        for pid in strays:
            send_signal(pid, signal.SIGKILL)
        return strays

    def kill(self):
        """Ends whatever is left, and removes an address that was left behind."""
        for part in self.parts:
            for pid in [part.pid] + descendants_of(part.pid):
                send_signal(pid, signal.SIGKILL)
        for part in self.parts:
            part.wait()
        # a process that was killed holds its sockets until it is gone: the next start needs them
        wait_for(lambda: not self._kill_strays(), 10, f"the processes of {self.host.name} to end")
        self.parts = []
        for address in (VIP, VIP6):
            if self.host.holds(address):
                self.host.run(["ip", "addr", "del", f"{address}/{24 if '.' in address else 64}",
                               "dev", "eth0"], check=False)

    def log(self):
        return (self.host.dir / "stack.log").read_text(errors="replace")


class Pair(Stack):
    name = "keepalived + haproxy"
    comms = ("haproxy", "keepalived")
    log_options = ["-D"]

    def start(self):
        self.haproxy = None
        if self.haproxy_cfg:
            self.start_haproxy()
        self.keepalived = self.host.spawn(
            ["/usr/sbin/keepalived", "-n", "-l", *self.log_options, "-P", "-f", self.keepalived_conf],
            log="stack.log")
        self.parts = [part for part in (self.haproxy, self.keepalived) if part]

    def start_haproxy(self):
        self.haproxy = self.host.spawn(
            ["/usr/sbin/haproxy", "-Ws", "-f", self.haproxy_cfg, "-p", "/run/haproxy.pid"],
            log="stack.log")
        wait_for(lambda: self.balancer_pids(), 15, "haproxy's worker")

    def restart_balancer_as_systemd_does(self):
        """Restart=always of Debian's unit, 100 ms after the master has ended."""
        self.haproxy.wait()
        time.sleep(0.1)
        self.start_haproxy()
        self.parts[0] = self.haproxy

    def balancer_pids(self):
        return children_of(self.haproxy.pid) if self.haproxy else []

    def failover_pid(self):
        return (children_of(self.keepalived.pid) or [self.keepalived.pid])[0]

    def kill_failover_whole(self):
        pids = [self.keepalived.pid] + children_of(self.keepalived.pid)
        for pid in pids:
            send_signal(pid, signal.SIGKILL)

    def stop(self):
        """As a careful operator does: the address goes first, then the balancer."""
        self.keepalived.terminate()
        self.keepalived.wait(timeout=20)
        if self.haproxy:
            self.haproxy.terminate()
            self.haproxy.wait(timeout=20)
        self.parts = []

    def reload(self):
        send_signal(self.haproxy.pid, signal.SIGUSR2)
        send_signal(self.keepalived.pid, signal.SIGHUP)


class Relais(Stack):
    name = "relais"
    comms = ("relais", "relais-failover", "relais-balancer", "relais-runner")
    program = TOP / "build" / "relais"
    niceness = 0

    def start(self):
        files = ["-f", self.haproxy_cfg] if self.haproxy_cfg else []
        files += ["-k", self.keepalived_conf]
        self.master = self.host.spawn([self.program, "-db", *files, "-p", "/run/relais.pid"], log="stack.log")
        self.parts = [self.master]
        self.be_nice()
        wait_for(lambda: self.failover_pid() or not self.is_running(), 15, "relais' failover process")

    def be_nice(self):
        """Before it has children: they inherit it."""
        if self.niceness:
            os.setpriority(os.PRIO_PROCESS, self.master.pid, self.niceness)

    def pids_of(self, comm):
        return [pid for pid in children_of(self.master.pid)
                if comm_of(pid) == comm and is_alive(pid)]

    def balancer_pids(self):
        return self.pids_of("relais-balancer")

    def failover_pid(self):
        return next(iter(self.pids_of("relais-failover")), None)

    def kill_failover_whole(self):
        self.kill_failover()

    def restart_balancer_as_systemd_does(self):
        pass  # the master has done it

    def stop(self):
        self.master.terminate()
        self.master.wait(timeout=20)
        self.parts = []

    def reload(self):
        send_signal(self.master.pid, signal.SIGUSR2)


STACKS = {"pair": Pair, "relais": Relais}


def relais_works(program=None):
    """True when the program is more than a shell: it can check the lab's own files."""
    Relais.program = pathlib.Path(program).resolve() if program else Relais.program
    return os.access(Relais.program, os.X_OK)


def start_webs(lab, names=("web1", "web2", "web3"), database=None):
    for name in names:
        argv = [tool("webd"), "-n", name] + (["-d", database] if database else [])
        lab[name].webd = lab[name].spawn(argv + ["::", 80], log="webd.log")
    for name in names:
        wait_for(lambda: lab[name].run(["ss", "-Hltn", "sport = :80"]), 15, f"{name}'s web server")
