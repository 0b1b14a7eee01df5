"""The shop that the demo runs: eight hosts on a bridge, two balancers, three web servers, two databases.

Shop builds it, breaks it and mends it; Meter is its customer. demo.py plays, view.py draws.
"""
import collections
import csv
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests" / "lab"))
from netlab import AddressWatcher, Lab, LabError, Prober, send_signal, tool, wait_for
from stacks import STACKS

VIP, DB_VIP, DB_PORT = "192.0.2.10", "192.0.2.20", 3306
BALANCERS, WEBS, DATABASES = ("lb1", "lb2"), ("web1", "web2", "web3"), ("db1", "db2")


class Holders:
    """Who has an address, kept up to date by what the kernels of the hosts say."""

    def __init__(self, lab, names):
        self.lab, self.watchers = lab, {name: AddressWatcher(lab[name]) for name in names}

    def of(self, address):
        found = []
        for name, watcher in self.watchers.items():
            changes = watcher.changes(address)
            if changes and changes[-1][1] == "+" and name not in self.lab.cuts:
                found.append(name)
        return found


class Meter(threading.Thread):
    """A customer who comes every 5 ms, over the shop's address: rates, errors, the worst outage."""

    def __init__(self, host):
        super().__init__(daemon=True)
        self.prober = Prober(host, VIP, stream_ms=100, timeout_ms=1500)
        self.lines, self.lock = collections.deque(maxlen=11), threading.Lock()
        self.worst_us = self.failed_before = 0
        self.steady_since = None
        self.start()

    def run(self):
        for line in self.prober.lines():
            with self.lock:
                self.lines.append(line)
                self.worst_us = max(self.worst_us, line["max_gap_us"], line["since_good_us"])
                if line["since_good_us"] > 60000:
                    self.steady_since = None
                elif self.steady_since is None:
                    self.steady_since = time.monotonic()

    def begin(self):
        with self.lock:
            self.worst_us = 0
            self.failed_before = self.lines[-1]["failed"] if self.lines else 0

    def outage_ms(self):
        with self.lock:
            return self.worst_us / 1000

    def is_steady(self, seconds):
        with self.lock:
            since = self.steady_since
        return since is not None and time.monotonic() - since >= seconds

    def snapshot(self):
        """What happened in the last second, and in all."""
        with self.lock:
            lines = list(self.lines)
        if len(lines) < 2:
            return None
        first, last = lines[0], lines[-1]
        seconds = (last["now_us"] - first["now_us"]) / 1e6
        rate = {kind: {name: (n - first[kind].get(name, 0)) / seconds for name, n in last[kind].items()}
                for kind in ("served", "database")}
        return {"good": (last["good"] - first["good"]) / seconds, "failed": last["failed"] - first["failed"],
                "all_failed": last["failed"], "all_good": last["good"],
                "since": last["failed"] - self.failed_before, "gap_ms": last["since_good_us"] / 1000, **rate}

    def stop(self):
        send_signal(self.prober.process.pid, signal.SIGTERM)
        self.join(timeout=5)


class Shop:
    def __init__(self, stack="relais", database="tcp"):
        self.database, self.webs, self.dbs, self.slow = database, {}, {}, set()
        self.lab = Lab()
        self.holders = Holders(self.lab, BALANCERS + DATABASES)
        self.nodes = {name: STACKS[stack](self.lab[name], balancer=name in BALANCERS)
                      for name in BALANCERS + DATABASES}
        if database == "mariadb":
            self._prepare_mariadb()
        for name in DATABASES:
            self._start_database(name)
        for name in WEBS:
            self._start_web(name)
        for name, node in self.nodes.items():
            self._place_files(name, node)
            node.start()
        try:
            wait_for(self.is_normal, 30, "lb1 and db1 to hold their addresses and all servers to be up")
        except LabError as error:
            raise LabError(f"{error}\n{self.logs()}") from None
        self.meter = Meter(self.lab["client"])
        wait_for(lambda: self.meter.is_steady(0.3), 30, "a first good page")

    def _place_files(self, name, node):
        """Under /run/relais of the host, where the files say that things are."""
        place = self.lab[name].root / "run/relais"
        place.mkdir()
        shutil.copy(HERE / f"keepalived-{name}.conf", place / "keepalived.conf")
        node.keepalived_conf = "/run/relais/keepalived.conf"
        if name in BALANCERS:
            shutil.copy(HERE / "haproxy.cfg", place)
            node.haproxy_cfg = "/run/relais/haproxy.cfg"
            if "haproxy" in node.comms:  # it cannot bind an address that is elsewhere
                self.lab[name].run(["sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind;"
                                    "echo 1 >/proc/sys/net/ipv6/ip_nonlocal_bind"])
        else:
            shutil.copy(HERE / "check-db", place)

    def _start_web(self, name):
        mode = ["-m"] if self.database == "mariadb" else []
        self.webs[name] = self.lab[name].spawn(
            [tool("webd"), "-n", name, "-w", 3000, "-d", f"{DB_VIP}:{DB_PORT}", *mode, "::", 80],
            log="webd.log")

    def _prepare_mariadb(self):
        """One data directory is made, then copied: both nodes start with the same empty database."""
        first = self.lab["db1"].dir / "data"
        subprocess.run(["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal",
                        "--skip-test-db", "--user=root", f"--datadir={first}"], check=True,
                       capture_output=True)
        shutil.copytree(first, self.lab["db2"].dir / "data")

    def _start_database(self, name):
        host = self.lab[name]
        if self.database == "mariadb":
            init = host.write("init.sql", "CREATE USER IF NOT EXISTS web@'%' IDENTIFIED BY '';\n")
            argv = ["mariadbd", "--no-defaults", "--user=root", f"--datadir={host.dir}/data",
                    "--socket=/run/mariadb.sock", "--bind-address=*", f"--port={DB_PORT}",
                    "--skip-name-resolve", "--innodb-buffer-pool-size=8M", f"--init-file={init}"]
        else:
            argv = [tool("webd"), "-D", "-n", name, "::", DB_PORT]
        self.dbs[name] = host.spawn(argv, log="database.log")
        wait_for(lambda: host.run(["ss", "-Hltn", f"sport = :{DB_PORT}"]), 30, f"the database of {name}")

    # What breaks. Each acts on who does the job now, and returns what it did.

    def master(self):
        return (self.holders.of(VIP) or ["lb1"])[0]

    def cut(self):
        name = self.master()
        self.lab.cut(name)
        return f"link of {name} cut"

    def kill(self):
        name = self.master()
        self.nodes[name].kill_balancer()
        return f"balancer of {name} killed (-9)"

    def hang(self):
        name = self.master()
        self.nodes[name].hang_balancer()
        return f"balancer of {name} frozen (SIGSTOP)"

    def stop(self):
        name = self.master()
        self.nodes[name].stop()
        return f"planned stop of {name}"

    def web(self):
        name = next((n for n in WEBS if self.webs[n].poll() is None), WEBS[0])
        self.webs[name].kill()
        return f"web server of {name} killed"

    def make_slow(self):
        name = next((n for n in reversed(WEBS) if n not in self.slow), WEBS[-1])
        send_signal(self.webs[name].pid, signal.SIGUSR1)
        self.slow.add(name)
        return f"web server of {name} made slow (3 s)"

    def database_lost(self):
        name = (self.holders.of(DB_VIP) or ["db1"])[0]
        self.lab[name].freeze()
        self.lab.cut(name)
        return f"database node {name} lost"

    def mend(self):
        self.lab.mend_all()
        for name in WEBS:
            if self.webs[name].poll() is not None:
                self._start_web(name)
            elif name in self.slow:
                send_signal(self.webs[name].pid, signal.SIGUSR2)
        self.slow.clear()
        for name, node in self.nodes.items():
            if not node.parts or not node.is_running():
                node.kill()
                node.start()

    # What can be seen.

    def is_normal(self):
        return self.holders.of(VIP) == ["lb1"] and self.holders.of(DB_VIP) == ["db1"] and \
            all(state in ("UP", "?") for state in self.server_states().values())

    def ask(self, name, command):
        """A line to the node's runtime socket; None when nobody answers."""
        try:
            return self.nodes[name].ask(command, "run/relais/admin.sock")
        except OSError:
            return None

    def server_states(self):
        """web server: its state as the balancer in charge sees it, "?" when it cannot be asked."""
        answer = self.ask(self.master(), "show stat")
        states = dict.fromkeys(WEBS, "?")
        for row in csv.DictReader((answer or "").lstrip("# ").splitlines()):
            if row.get("svname") in states:
                states[row["svname"]] = row.get("status") or "?"
        return states

    def vip_lines(self, name):
        return [line for line in (self.ask(name, "show vip") or "").splitlines()
                if " vrid " in line]

    def logs(self):
        """The last words of each node's processes."""
        lines = []
        for name in self.nodes:
            path = self.lab[name].dir / "stack.log"
            lines += [f"{name}: {line}" for line in path.read_text(errors="replace").splitlines()[-8:]
                      if "HTTP/1.1" not in line]
        return "\n".join(lines)

    def close(self):
        self.__dict__.get("meter") and self.meter.stop()
        for node in self.nodes.values():
            node.kill()
        self.lab.close()
