"""The lab: a small network of hosts on one machine, for tests, measurements and the demo.

A host is a process that owns five namespaces (network, pids, mounts with a /run of its own, host name
and semaphores); its network card eth0 is one end of a veth pair whose other end is a port of a bridge,
which stands in a "switch" host. Nothing is created in the machine's own network, and nothing has a
name there: a host's first process reads from a pipe that only this Python process holds, so when
Python ends in whatever way, the pipe closes, the first process exits, and the kernel kills every
process of that host and frees its interfaces. There is nothing to sweep up afterwards.

    with Lab() as lab:
        web1 = lab["web1"].spawn(["webd", ...])         # web1.pid is the real process: kill it freely
        lab["client"].run(["ping", "-c1", lab["web1"].ip4])
        lab.cut("lb1"); lab.mend("lb1"); lab.partition("lb1", "lb2"); lab.heal()
"""
import atexit
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
# name: (192.0.2.x and 2001:db8::x)
HOSTS = {"client": 2, "lb1": 11, "lb2": 12, "web1": 31, "web2": 32, "web3": 33, "db1": 41, "db2": 42}

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_NOSUID, MS_REC, MS_PRIVATE = 2, 0x4000, 0x40000
SO_RCVBUFFORCE = 33
KINDS = {"net": CLONE_NEWNET, "mnt": CLONE_NEWNS, "uts": CLONE_NEWUTS, "ipc": CLONE_NEWIPC}


class LabError(Exception):
    pass


def check(result, what):
    if result != 0:
        raise LabError(f"{what}: {os.strerror(ctypes.get_errno())}")


def setns(fd, kind):
    check(libc.setns(fd, kind), "setns")


def mount(source, target, fstype, flags, data=None):
    args = [x.encode() if x else None for x in (source, target, fstype)]
    check(libc.mount(*args, flags, data.encode() if data else None), f"mount {target}")


def now_us():
    return time.monotonic_ns() // 1000


def wait_for(condition, timeout_s, what="condition", step_s=0.01):
    """Polls until condition() is true; returns its value. Raises when the time is over."""
    end = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise LabError(f"waited {timeout_s} s in vain for {what}")
        time.sleep(step_s)


def tool(name):
    """Builds tests/lab/tools/NAME.c (or bench/NAME.c) when it is newer than its program; its path."""
    source = next(p for p in (HERE / "tools" / f"{name}.c", TOP / "bench" / f"{name}.c") if p.exists())
    program = TOP / "build" / "lab" / name
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        program.parent.mkdir(parents=True, exist_ok=True)
        part = f"{program}.{os.getpid()}"
        subprocess.run(["cc", "-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE",
                        "-pthread", "-o", part, str(source)], check=True)
        os.rename(part, program)
    return str(program)


def children_of(pid):
    """Direct children, as pids of this machine (not every kernel has /proc/PID/task/*/children)."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", errors="replace") as f:
                    if int(f.read().rpartition(")")[2].split()[1]) == pid:
                        found.append(int(name))
            except OSError:
                pass
    return found


def descendants_of(pid):
    found = []
    for child in children_of(pid):
        found += [child] + descendants_of(child)
    return found


def comm_of(pid):
    try:
        with open(f"/proc/{pid}/comm", errors="replace") as f:
            return f.read().strip()
    except OSError:
        return None


def state_of(pid):
    """The letter in /proc/PID/stat (R, S, T, Z...), or None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[0]
    except OSError:
        return None


def is_alive(pid):
    return state_of(pid) not in (None, "Z", "X")


def send_signal(pid, number):
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


def sweep_directories():
    """Removes the files of labs whose Python was killed; their hosts went with it."""
    for path in pathlib.Path(tempfile.gettempdir()).glob("relais-lab.*.*"):
        owner = path.name.split(".")[1]
        if owner.isdigit() and not is_alive(int(owner)):
            shutil.rmtree(path, ignore_errors=True)


class Host:
    def __init__(self, lab, name, number):
        self.lab, self.name = lab, name
        self.ip4 = f"192.0.2.{number}" if number else None
        self.ip6 = f"2001:db8::{number}" if number else None
        self.dir = lab.dir / name
        self.dir.mkdir()
        self.dir.chmod(0o755)
        self._start_first_process()
        self.ns = {kind: os.open(f"/proc/{self.pid}/ns/{kind}", os.O_RDONLY) for kind in KINDS}
        self.ns["pid"] = os.open(f"/proc/{self.pid}/ns/pid", os.O_RDONLY)
        self.root = pathlib.Path(f"/proc/{self.pid}/root")
        self.spawned = []

    def _start_first_process(self):
        alive_r, self.alive_w = os.pipe2(os.O_CLOEXEC)
        ready_r, ready_w = os.pipe2(os.O_CLOEXEC)
        own = os.open("/proc/self/ns/pid", os.O_RDONLY)
        check(libc.unshare(CLONE_NEWPID), "unshare (are you root?)")
        try:
            self.pid = os.fork()
        finally:
            if self.__dict__.get("pid") != 0:
                setns(own, CLONE_NEWPID)
                os.close(own)
        if self.pid == 0:
            try:
                self._be_first_process(alive_r, ready_w)
            finally:
                os._exit(0)
        os.close(alive_r)
        os.close(ready_w)
        message = os.read(ready_r, 500)
        os.close(ready_r)
        if message != b"ok":
            raise LabError(f"host {self.name}: {message.decode() or 'its first process died'}")

    def _be_first_process(self, alive_r, ready_w):
        for fd in os.listdir("/proc/self/fd"):
            if int(fd) > 2 and int(fd) not in (alive_r, ready_w):
                try:
                    os.close(int(fd))
                except OSError:
                    pass
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_IGN)  # an ignored SIGCHLD reaps orphans
        try:
            os.setsid()
            flags = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC
            check(libc.unshare(flags), "unshare")
            mount(None, "/", None, MS_REC | MS_PRIVATE)
            mount("proc", "/proc", "proc", MS_NOSUID)
            mount("sysfs", "/sys", "sysfs", MS_NOSUID)
            mount("tmpfs", "/run", "tmpfs", MS_NOSUID, "mode=755,size=16m")
            libc.sethostname(self.name.encode(), len(self.name))
            libc.prctl(15, f"lab-{self.name}".encode(), 0, 0, 0)
            for scope in ("all", "default"):
                with open(f"/proc/sys/net/ipv6/conf/{scope}/accept_dad", "w") as f:
                    f.write("0")
            os.write(ready_w, b"ok")
        except Exception as error:
            os.write(ready_w, str(error).encode()[:500])
            return
        os.close(ready_w)
        for fd in (0, 1, 2):
            os.dup2(os.open("/dev/null", os.O_RDWR), fd)
        while os.read(alive_r, 1):
            pass

    def _enter(self, kinds):
        for kind in kinds:
            setns(self.ns[kind], KINDS[kind])

    def spawn(self, argv, **options):
        """subprocess.Popen inside the host. pid is the process itself, as this machine sees it."""
        argv = [str(x) for x in argv]
        reap = options.pop("reap", True)

        def enter():
            self._enter(("net", "uts", "ipc", "mnt"))
            os.chdir(options_cwd)
            os.setsid()

        options_cwd = str(options.pop("cwd", self.dir))
        log = options.pop("log", None)
        if log is not None:
            options["stdout"] = options["stderr"] = open(self.dir / log, "ab")
        options.setdefault("stdin", subprocess.DEVNULL)
        own = os.open("/proc/self/ns/pid", os.O_RDONLY)
        setns(self.ns["pid"], CLONE_NEWPID)
        try:
            process = subprocess.Popen(argv, preexec_fn=enter, **options)
        finally:
            setns(own, CLONE_NEWPID)
            os.close(own)
            if log is not None:
                options["stdout"].close()
        self.spawned.append(process)
        if reap:  # at once: `killall -0 NAME` in the host would take a zombie for a living process
            threading.Thread(target=process.wait, daemon=True).start()
        return process

    def run(self, argv, check=True, **options):
        """Runs to the end inside the host; returns stdout as text."""
        process = self.spawn(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, reap=False,
                             **options)
        out, err = process.communicate(timeout=60)
        self.spawned.remove(process)
        if check and process.returncode != 0:
            raise LabError(f"{self.name}: {' '.join(map(str, argv))}: {err.strip() or out.strip()}")
        return out

    def net(self, argv, **options):
        """Runs in the host's network but with this machine's pids (what `ip link ... netns PID` wants)."""
        return subprocess.run(argv, preexec_fn=lambda: self._enter(("net",)), check=True, text=True,
                              capture_output=True, **options).stdout

    def socket(self, *args):
        """A Python socket that lives in the host's network."""
        own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            setns(self.ns["net"], CLONE_NEWNET)
            return socket.socket(*args)
        finally:
            setns(own, CLONE_NEWNET)
            os.close(own)

    def addresses(self, device="eth0"):
        links = json.loads(self.net(["ip", "-j", "addr", "show", "dev", device]))
        return [a["local"] for link in links for a in link.get("addr_info", ())]

    def holds(self, address):
        return address in self.addresses()

    def processes(self):
        """Every process of the host but its first."""
        link = os.readlink(f"/proc/{self.pid}/ns/pid")
        found = []
        for name in os.listdir("/proc"):
            try:
                if name.isdigit() and int(name) != self.pid and \
                        os.readlink(f"/proc/{name}/ns/pid") == link:
                    found.append(int(name))
            except OSError:
                pass
        return found

    def freeze(self):
        """Stops every process of the host where it stands: what a dead or suspended machine does."""
        pids = [pid for pid in self.processes() if send_signal(pid, signal.SIGSTOP)]
        wait_for(lambda: all(state_of(pid) in ("T", "Z", None) for pid in pids), 10, "all to stand still",
                 0.0005)

    def thaw(self):
        for pid in self.processes():
            if state_of(pid) == "T":
                send_signal(pid, signal.SIGCONT)

    def write(self, name, text, mode=0o644):
        path = self.dir / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def close(self):
        os.close(self.alive_w)
        send_signal(self.pid, signal.SIGKILL)
        for process in self.spawned:  # the first process only ends when all others are reaped
            process.kill()
            process.wait()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
        os.waitpid(self.pid, 0)
        for fd in self.ns.values():
            os.close(fd)


class Lab:
    def __init__(self, hosts=None, directory=None):
        if os.geteuid() != 0:
            raise LabError("the lab builds network namespaces: it has to run as root")
        self.own_dir = directory is None
        sweep_directories()
        self.dir = pathlib.Path(directory or tempfile.mkdtemp(prefix=f"relais-lab.{os.getpid()}."))
        self.dir.chmod(0o755)
        self.hosts, self.cuts = {}, set()
        atexit.register(self.close)
        try:
            self._build(hosts or HOSTS)
        except BaseException:
            self.close()
            raise

    def _build(self, hosts):
        self.switch = Host(self, "switch", None)
        self._switch_ip("link add br0 type bridge forward_delay 0 stp_state 0 mcast_snooping 0\n"
                        "link set br0 up\n")
        for name, number in hosts.items():
            host = self.hosts[name] = Host(self, name, number)
            self._switch_ip(f"link add {name} type veth peer name eth0 netns {host.pid}\n"
                            f"link set {name} master br0 up\n")
            host.net(["ip", "-batch", "-"], input=f"link set lo up\nlink set eth0 up\n"
                     f"addr add {host.ip4}/24 dev eth0\naddr add {host.ip6}/64 dev eth0 nodad\n")
        self.switch.net(["nft", "add table bridge lab; add chain bridge lab forward "
                         "{ type filter hook forward priority 0; }"])

    def _switch_ip(self, batch):
        self.switch.net(["ip", "-batch", "-"], input=batch)

    def __getitem__(self, name):
        return self.hosts[name]

    def cut(self, name):
        """Takes the port down: both ends lose carrier, as if the cable were pulled."""
        self._switch_ip(f"link set {name} down\n")
        self.cuts.add(name)

    def mend(self, name):
        self._switch_ip(f"link set {name} up\n")
        self.cuts.discard(name)

    def partition(self, one, other):
        """The two hosts no longer hear each other; everybody else hears both. No link goes down."""
        self.switch.net(["nft", f"add rule bridge lab forward iifname {one} oifname {other} drop; "
                         f"add rule bridge lab forward iifname {other} oifname {one} drop"])

    def heal(self):
        self.switch.net(["nft", "flush chain bridge lab forward"])

    def holders(self, address, among):
        """Who has the address and a link to show it to others."""
        return [name for name in among if name not in self.cuts and self.hosts[name].holds(address)]

    def mend_all(self):
        for name in list(self.cuts):
            self.mend(name)
        self.heal()
        for host in self.hosts.values():
            host.thaw()

    def close(self):
        atexit.unregister(self.close)
        for host in list(self.hosts.values()) + [self.__dict__.get("switch")]:
            if host is not None:
                host.close()
        self.hosts, self.switch = {}, None
        if self.own_dir:
            shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Watcher(threading.Thread):
    """Reads a socket of a host in a thread; items() returns what parse() made of it, with times."""

    def __init__(self, sock):
        super().__init__(daemon=True)
        self.sock, self.list, self.lock, self.stopping = sock, [], threading.Lock(), False
        sock.settimeout(0.1)
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)  # nothing is lost while this thread waits
        self.start()

    def run(self):
        while not self.stopping:
            try:
                data = self.sock.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                return
            when = now_us()
            with self.lock:
                self.list += [(when, item) for item in self.parse(data)]

    def items(self, since_us=0):
        with self.lock:
            return [(when, item) for when, item in self.list if when >= since_us]

    def stop(self):
        self.stopping = True
        self.join()
        self.sock.close()


class Sniffer(Watcher):
    """Frames that pass a host's card, both ways: items() are (time, bytes)."""

    def __init__(self, host, device="eth0"):
        sock = host.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        sock.bind((device, 0))
        super().__init__(sock)

    def parse(self, data):
        return [data]

    def packets(self, since_us=0):
        """The same as (time, scapy packet)."""
        from scapy.all import Ether
        return [(when, Ether(data)) for when, data in self.items(since_us)]


class AddressWatcher(Watcher):
    """Addresses that come and go on a host, from the kernel: (time, ("+" or "-", address))."""

    def __init__(self, host):
        sock = host.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        sock.bind((0, 0x10 | 0x100))
        self.held_before = set(host.addresses())
        super().__init__(sock)

    def changes(self, address, since_us=0):
        """(time, "+" or "-") each time the address really came or went; renewing it is no change."""
        held, found = address in self.held_before, []
        for when, (sign, what) in self.items():
            if what == address and (sign == "+") != held:
                held = not held
                found.append((when, sign))
        return [change for change in found if change[0] >= since_us]

    def parse(self, data):
        at = 0
        while at + 16 <= len(data):
            length, kind = struct.unpack_from("IH", data, at)
            if kind in (20, 21):
                family, attribute = data[at + 16], at + 24
                while attribute + 4 <= at + length:
                    size, name = struct.unpack_from("HH", data, attribute)
                    if name == (2 if family == socket.AF_INET else 1):
                        text = socket.inet_ntop(family, data[attribute + 4:attribute + size])
                        yield ("+" if kind == 20 else "-", text)
                    attribute += max((size + 3) & ~3, 4)
            at += max((length + 3) & ~3, 16)


class Prober:
    """tools/prober.c in a host: a client that opens a connection every 5 ms and notes each good reply."""

    def __init__(self, host, address, port=80, path="/", interval_ms=5, keep=0, realtime=True,
                 stream_ms=0, timeout_ms=2000):
        argv = [tool("prober"), "-i", interval_ms, "-k", keep, "-t", timeout_ms, "-s", stream_ms]
        argv += ["-R"] if realtime else []
        self.process = host.spawn(argv + [address, port, path], stdout=subprocess.PIPE, text=True)
        self.result = None

    def lines(self):
        """The stream's lines as dictionaries (with stream_ms); ends with the final result."""
        for line in self.process.stdout:
            yield json.loads(line)

    def stop(self):
        if self.result is None:
            send_signal(self.process.pid, signal.SIGTERM)
            out, _ = self.process.communicate(timeout=30)
            self.result = json.loads(out.strip().splitlines()[-1])
        return self.result


def largest_gap_ms(result, from_us, to_us=None):
    """The longest time without a good reply that began after from_us (or lasted into it)."""
    gaps = [end - start for start, end in result["gaps"]
            if end > from_us and (to_us is None or start < to_us)]
    return max(gaps, default=0) / 1000


if __name__ == "__main__":
    with Lab() as lab:
        for name in lab.hosts:
            print(name, lab[name].addresses())
        sys.exit(0)
