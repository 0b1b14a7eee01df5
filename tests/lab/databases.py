"""Database servers on the lab's hosts: PostgreSQL with streaming replication, Redis, MariaDB. All of it
lives in the host's own directory and goes with the host."""
import glob
import os
import shutil
import socket
import struct
import threading
import time

from netlab import CLONE_NEWNET, TOP, setns, wait_for

DBROLE = TOP / "build" / "relais-dbrole"


def pg_bin():
    """The directory of PostgreSQL's programs, or None."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    return os.path.dirname(found[-1]) if found else None


PG_CONF = """
listen_addresses = '*'
unix_socket_directories = '{dir}'
shared_buffers = 16MB
max_connections = 40
fsync = off
synchronous_commit = local
wal_keep_size = 64MB
autovacuum = off
max_wal_senders = 4
wal_receiver_timeout = 2s
wal_retrieve_retry_interval = 100ms
"""


class Postgres:
    """A server in DIR/pg, run by the user postgres. peer: the host that it follows as a standby."""

    def __init__(self, host, peer):
        self.host, self.peer, self.bin = host, peer, pg_bin()
        self.data = host.dir / "pg"
        self.data.mkdir()
        shutil.chown(self.data, "postgres", "postgres")
        self.data.chmod(0o700)

    def run(self, *argv):
        return self.host.run(["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "env",
                              f"PATH={self.bin}:/usr/bin:/bin", "LC_ALL=C", *argv], cwd="/")

    def init(self):
        self.run("initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "--no-sync", "--no-instructions")
        (self.data / "pg_hba.conf").write_text("local all all trust\nhost all all 127.0.0.0/8 trust\n"
                                               "host all,replication all 192.0.2.0/24 trust\n")
        with open(self.data / "postgresql.conf", "a") as f:
            f.write(PG_CONF.format(dir=self.data))
            f.write(f"primary_conninfo = 'host={self.peer.ip4} user=postgres connect_timeout=2'\n")
        self.start()

    def copy(self):
        """As a standby of the peer."""
        self.run("pg_basebackup", "-h", self.peer.ip4, "-U", "postgres", "-D", self.data, "-X", "stream",
                 "-c", "fast", "--no-sync")
        conf = (self.data / "postgresql.conf").read_text()
        conf = conf.replace(str(self.peer.dir), str(self.host.dir))
        conf = conf.replace(f"host={self.host.ip4} ", f"host={self.peer.ip4} ")
        (self.data / "postgresql.conf").write_text(conf)
        (self.data / "standby.signal").touch()
        shutil.chown(self.data / "standby.signal", "postgres", "postgres")
        self.start()

    def start(self):
        self.run("pg_ctl", "-D", self.data, "-l", self.data / "log", "-w", "-s", "start")

    def ask(self, sql):
        return self.run("psql", "-h", self.data, "-U", "postgres", "-Atc", sql).strip()

    def pid(self):
        return int(self.run("head", "-1", self.data / "postmaster.pid"))


class Writer(threading.Thread):
    """Inserts a row through an address every 10 ms, each over a connection of its own, and keeps what
    became of it: "ok", an SQLSTATE, or "none" (refused, reset, too late). Speaks just enough of
    PostgreSQL's protocol for that."""

    def __init__(self, host, address):
        super().__init__(daemon=True)
        self.host, self.address = host, address
        self.outcomes, self.stopping = [], False
        self.start()

    def run(self):
        setns(self.host.ns["net"], CLONE_NEWNET)  # this thread only
        n = 0
        while not self.stopping:
            n += 1
            try:
                self.outcomes.append((n, self.write(n)))
            except OSError:
                self.outcomes.append((n, "none"))
            time.sleep(0.01)

    def write(self, n):
        with socket.socket() as sock:
            sock.settimeout(1)
            sock.connect((self.address, 5432))
            start = struct.pack("!i", 196608) + b"user\0postgres\0database\0postgres\0\0"
            sock.sendall(struct.pack("!i", len(start) + 4) + start)
            outcome = self.read(sock)
            if outcome == "ok":
                query = f"INSERT INTO written VALUES ({n})".encode() + b"\0"
                sock.sendall(b"Q" + struct.pack("!i", len(query) + 4) + query)
                outcome = self.read(sock)
            return outcome

    def read(self, sock):
        """Until the server is ready, or says what is wrong."""
        data = b""
        while True:
            part = sock.recv(4096)
            if not part:
                return "none"
            data += part
            while len(data) >= 5 and len(data) >= 1 + struct.unpack("!i", data[1:5])[0]:
                size = 1 + struct.unpack("!i", data[1:5])[0]
                kind, body, data = data[:1], data[5:size], data[size:]
                if kind == b"E":
                    fields = {f[:1]: f[1:] for f in body.split(b"\0") if f}
                    return fields[b"C"].decode()
                if kind == b"Z":
                    return "ok"

    def wait_ok(self, timeout_s=40):
        """Ten writes in a row succeed from here on."""
        since = len(self.outcomes)
        wait_for(lambda: [x for _, x in self.outcomes[since:]][-10:] == ["ok"] * 10, timeout_s,
                 f"writes; the last: {self.outcomes[-5:]}")

    def acknowledged(self):
        return [n for n, outcome in self.outcomes if outcome == "ok"]

    def kinds(self):
        return {outcome for _, outcome in self.outcomes}

    def stop(self):
        self.stopping = True
        self.join()


def dbrole(host, *args):
    """relais-dbrole on the host: a function that gives its last line's words behind the time."""
    log = host.dir / f"dbrole.{time.monotonic_ns()}"
    host.spawn([DBROLE, *args, "--interval", "20000", "--timeout", "200000"], log=log.name)

    def last():
        lines = log.read_text().splitlines() if log.exists() else []
        return lines[-1].partition(" ")[2] if lines else ""
    return last
