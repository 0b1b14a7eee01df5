"""A node of the failover lab tests: relais' failover alone (failover_probe.c) or Debian's keepalived,
with the same few verbs, and what is seen of them on the wire."""
import json
import os
import re
import select
import signal
import socket
import subprocess
import time

from netlab import TOP, LabError, descendants_of, is_alive, send_signal, wait_for

PROBE = os.environ.get("FAILOVER_PROBE", str(TOP / "build/tests/lab/failover_probe"))


class Relais:
    def __init__(self, host, *args):
        self.host = host
        self.log = host.dir / "failover.log"
        with open(self.log, "ab") as log:
            self.process = host.spawn([PROBE, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=log, bufsize=0)
        # it beats in the balancer's place: it must not be late only because the test machine is busy
        os.setpriority(os.PRIO_PROCESS, self.process.pid, -15)
        self.unread = b""
        self.expect("ready")

    def line(self, timeout_s=10):
        """The next line it says; what came behind it is kept for the next call."""
        end = time.monotonic() + timeout_s
        while b"\n" not in self.unread:
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                raise LabError(f"{self.host.name}: no answer\n{self.log_text()}")
            part = os.read(self.process.stdout.fileno(), 65536)
            if not part:
                raise LabError(f"{self.host.name}: it has ended\n{self.log_text()}")
            self.unread += part
        line, _, self.unread = self.unread.partition(b"\n")
        return line.decode().strip()

    def expect(self, word):
        got = self.line()
        assert got.split()[:1] == [word], f"{got!r} instead of {word!r}\n{self.log_text()}"
        return got

    def tell(self, *lines):
        """All of them in one piece: it does them one behind the other, whatever this process does."""
        self.process.stdin.write("".join(line + "\n" for line in lines).encode())

    def do(self, *lines):
        self.tell(*lines)
        return [self.expect("ok") for _ in lines][-1]

    def reload(self, *args):
        self.tell("reload " + " ".join(map(str, args)))
        return json.loads(self.line())

    def show(self, name="VI_1"):
        self.tell("show")
        line = self.line()
        try:
            return next((x for x in json.loads(line) if x["name"] == name), None)
        except ValueError as error:
            raise LabError(f"{self.host.name} says {line!r}\n{self.log_text()}") from error

    def state(self, name="VI_1"):
        return self.show(name)["state"]

    def wait_state(self, state, timeout_s=10, name="VI_1"):
        wait_for(lambda: self.state(name) == state, timeout_s,
                 f"{state} on {self.host.name}\n{self.log_text()}")

    def wait_moves(self, since, *states, name="VI_1"):
        """These states one behind the other, in what the log says after `since` characters of it: a state that
        lasts for some tenths of a second only is not missed, however late this process looks."""
        said = re.compile(".*?".join(rf"\({name}\) Entering {state} STATE" for state in states), re.S)
        wait_for(lambda: said.search(self.log_text()[since:]), 10, f"{states} on {self.host.name}\n{self.log_text()}")
        self.wait_state(states[-1], name=name)

    def stop(self):
        """Returns what the probe says at its end: "ended STATUS swept N"."""
        self.do("stop")
        return self.expect("ended")

    def pids(self):
        return [self.process.pid] + descendants_of(self.process.pid)

    def failover_pid(self):
        """As this machine sees it; the probe knows it as its own namespace does, and has a runner too."""
        self.tell("show")
        inside = json.loads(self.line())[0]["pid"]
        for pid in descendants_of(self.process.pid):
            try:
                with open(f"/proc/{pid}/status", errors="replace") as status:
                    if next(x for x in status if x.startswith("NSpid:")).split()[-1] == str(inside):
                        return pid
            except OSError:  # a script of the runner's that has ended meanwhile
                pass
        raise LabError(f"{self.host.name}: no failover process\n{self.log_text()}")

    def log_text(self):
        return self.log.read_text() if self.log.exists() else ""


class Keepalived:
    def __init__(self, host, conf, vrrp_only=True):
        self.host = host
        path = host.write("keepalived.conf", conf)
        path.chmod(0o600)
        self.log = host.dir / "keepalived.log"
        self.process = host.spawn(["keepalived", "-n", "-l", "-D", *(["-P"] if vrrp_only else []), "-f", path],
                                  log="keepalived.log")

    def stop(self):
        send_signal(self.process.pid, signal.SIGTERM)
        self.process.wait(20)

    def log_text(self):
        return self.log.read_text() if self.log.exists() else ""


def keepalived_conf(priority, vips, advert=1, version=2, extra="", interface="eth0", vrid=51):
    lines = "\n".join(f"        {vip}" for vip in vips)
    return f"""\
vrrp_instance VI_1 {{
    version {version}
    state BACKUP
    interface {interface}
    virtual_router_id {vrid}
    priority {priority}
    advert_int {advert}
    {extra}
    virtual_ipaddress {{
{lines}
    }}
}}
"""


def garps(sniffer, ip, since_us=0):
    """Frames that are exactly the gratuitous ARP request of an address: (time, sender's MAC)."""
    address = bytes(map(int, ip.split(".")))
    return [(when, frame[6:12]) for when, frame in sniffer.items(since_us)
            if frame[:6] == b"\xff" * 6 and frame[12:22] == bytes.fromhex("08060001080006040001")
            and frame[22:28] == frame[6:12] and frame[28:32] == address
            and frame[32:38] == b"\xff" * 6 and frame[38:42] == address]


def unsolicited_nas(sniffer, packed, since_us=0):
    """Neighbour advertisements of an address to all nodes: (time, flags)."""
    return [(when, frame[58]) for when, frame in sniffer.items(since_us)
            if frame[:6] == bytes.fromhex("333300000001") and frame[12:14] == b"\x86\xdd"
            and frame[20:22] == bytes([58, 255]) and frame[54] == 136 and frame[62:78] == packed]


def adverts(sniffer, since_us=0):
    """VRRP advertisements: (time, source address, priority)."""
    found = []
    for when, frame in sniffer.items(since_us):
        if frame[12:14] == b"\x08\x00" and frame[23] == 112:
            at = 14 + (frame[14] & 15) * 4
            found.append((when, ".".join(map(str, frame[26:30])), frame[at + 2]))
        elif frame[12:14] == b"\x86\xdd" and frame[20] == 112:
            found.append((when, frame[22:38].hex(), frame[56]))
    return found


def reaches(host, ip, timeout_s=10):
    """Whether the address answers this host: a refused connection is an answer, silence is none."""
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    with host.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(timeout_s)
        try:
            sock.connect((ip, 9))
        except ConnectionRefusedError:
            pass
        except OSError:
            return False
        return True


def kill_all(pids):
    """At one moment: stopped first, so that none acts on the end of another."""
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in pids:
            send_signal(pid, number)
    wait_for(lambda: not any(is_alive(pid) for pid in pids), 10, "the killed to be gone")
