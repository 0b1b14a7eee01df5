"""A database pair: real PostgreSQL with streaming replication under relais as failover only, the roles
that relais-dbrole finds (dbrole_pgsql.c, dbrole_redis.c, dbrole_mysql.c, dbrole_main.c, track_role.c,
failover_database.c), and a writer on the client that must never meet a server that cannot write."""
import shutil
import signal

import pytest

from databases import Postgres, Writer, dbrole, pg_bin
from netlab import TOP, Lab, send_signal, wait_for
from stacks import VIP
from test_promote_hooks import FailoverOnly

NODES = ("db1", "db2")
EXAMPLE = TOP / "examples/database/pg-hook"

CONF = """\
global_defs {{
    script_user root
    enable_script_security
}}
vrrp_instance PG {{
    version 3
    interface eth0
    virtual_router_id 52
    priority {priority}
    advert_int 0.1
    nopreempt
    virtual_ipaddress {{
        192.0.2.10/24
    }}
    track_pgsql {{ role primary host 127.0.0.1 user postgres interval 0.1 timeout 0.5 }}
    fence "{hook} fence" postgres
    promote "{hook} promote" postgres
    demote "{hook} demote" postgres
    notify_backup "{hook} follow" postgres
}}
"""

# the script of examples/database, told where this host's server is
HOOK = """\
#!/bin/sh
export PEER={peer} PGDATA={data} PGHOST={data} PGBIN={bin}
exec {hook} "$@"
"""


class Node(FailoverOnly):
    def __init__(self, host, peer):
        self.pg = Postgres(host, peer)
        hook = host.write("hook", HOOK.format(bin=pg_bin(), data=self.pg.data, peer=peer.ip4,
                                              hook=host.write("pg-hook", EXAMPLE.read_text(), 0o755)), 0o755)
        super().__init__(host, CONF.format(priority=150 if host.name == "db1" else 100, hook=hook))

    def wait_show(self, text, seconds=40):
        wait_for(lambda: text in self.show(), seconds, f"'{text}' in\n{self.show()}\n{self.log()}")


@pytest.fixture(scope="module")
def lab():
    if not pg_bin():
        pytest.skip("PostgreSQL is not installed (tools/install-deps test)")
    with Lab({"client": 2, "db1": 41, "db2": 42}) as built:
        yield built


@pytest.fixture(scope="module")
def nodes(lab):
    one, two = Node(lab["db1"], lab["db2"]), Node(lab["db2"], lab["db1"])
    one.pg.init()
    one.pg.ask("CREATE TABLE written (n int)")
    two.pg.copy()
    one.start()
    wait_held_by(lab, "db1", [one])
    two.start()
    two.wait_show("PG BACKUP")
    return one, two


def wait_held_by(lab, name, nodes):
    wait_for(lambda: lab.holders(VIP, NODES) == [name], 40, f"the address on {name}\n" +
             "\n".join(node.log() for node in nodes))


def check(writer, server, complete):
    """Nobody was told that the server only reads (25006); what was acknowledged is there."""
    # 57P01..3: shutting down, starting up: a server that is about to be stopped says so
    assert writer.kinds() <= {"ok", "none", "57P01", "57P02", "57P03"}, writer.kinds()
    there = {int(n) for n in server.ask("SELECT n FROM written").split()}
    if complete:
        assert set(writer.acknowledged()) <= there


def test_a_switch_and_back_lose_no_write_and_meet_no_read_only_server(lab, nodes):
    one, two = nodes
    writer = Writer(lab["client"], VIP)
    writer.wait_ok()
    careless = Writer(lab["client"], two.host.ip4)  # it would be seen
    wait_for(lambda: "25006" in careless.kinds(), 15, "a standby to say that it only reads")
    careless.stop()
    assert "database pgsql primary 127.0.0.1 is up (primary): no fault" in one.show("PG")
    one.ctl("vip", "switch", "PG")
    wait_held_by(lab, "db2", nodes)
    writer.wait_ok()
    one.wait_show("(replica)")  # notify_backup has made it a standby of the other
    wait_for(lambda: two.pg.ask("SELECT count(*) FROM pg_stat_replication") == "1", 30, "replication back")
    one.wait_show("PG BACKUP")
    two.ctl("vip", "switch", "PG")
    wait_held_by(lab, "db1", nodes)
    writer.wait_ok()
    writer.stop()
    check(writer, one.pg, complete=True)
    two.wait_show("(replica)")
    wait_for(lambda: one.pg.ask("SELECT count(*) FROM pg_stat_replication") == "1", 30, "replication")


def test_a_killed_primary_s_standby_is_promoted_and_takes_the_address(lab, nodes):
    one, two = nodes
    one.pg.ask("TRUNCATE written")
    two.wait_show("PG BACKUP")
    writer = Writer(lab["client"], VIP)
    writer.wait_ok()
    send_signal_inside(one, signal.SIGKILL)
    wait_held_by(lab, "db2", nodes)
    writer.wait_ok()
    writer.stop()
    check(writer, two.pg, complete=False)  # replication is not synchronous
    assert "phase serve" in two.show("PG") and "is up (primary)" in two.show("PG")
    assert "PG FAULT" in one.show("PG") or "PG BACKUP" in one.show("PG")
    assert two.pg.ask("SELECT pg_is_in_recovery()") == "f"


def send_signal_inside(node, number):
    node.host.run(["sh", "-c", f"kill -{int(number)} $(head -1 {node.pg.data}/postmaster.pid)"])


def test_the_example_is_a_good_configuration(lab):
    conf = TOP / "examples/database/keepalived.conf"
    for name in NODES:
        said = lab[name].run([TOP / "build/relais", "-c", "-k", conf], stdin=None)
        assert "valid" in said


def test_redis_roles(lab):
    if not shutil.which("redis-server"):
        pytest.skip("Redis is not installed (tools/install-deps test)")
    host = lab["client"]
    (host.dir / "redis.pass").write_text("secret\n")
    server = host.spawn(["redis-server", "--port", "7379", "--save", "", "--requirepass", "secret",
                         "--unixsocket", host.dir / "redis.sock"], log="redis.log")
    told = dbrole(host, "redis", "--host", host.dir / "redis.sock", "--password-file", host.dir / "redis.pass")
    bare = dbrole(host, "redis", "--port", "7379")
    wait_for(lambda: told() == "primary primary", 15, "a primary")
    wait_for(lambda: bare().startswith("down NOAUTH"), 15, "a refusal without password")
    cli = ["redis-cli", "-p", "7379", "-a", "secret", "--no-auth-warning"]
    host.run([*cli, "replicaof", "192.0.2.9", "7379"])
    wait_for(lambda: told() == "replica replica", 15, "a replica")
    host.run([*cli, "replicaof", "no", "one"])
    wait_for(lambda: told() == "primary primary", 15, "a primary again")
    send_signal(server.pid, signal.SIGSTOP)
    wait_for(lambda: told() == "down timeout", 15, "a hung server to be down")
    send_signal(server.pid, signal.SIGCONT)
    wait_for(lambda: told() == "primary primary", 15, "it to be back")
    send_signal(server.pid, signal.SIGKILL)
    wait_for(lambda: told() == "down Connection refused", 15, "a dead server to be down")


def test_mariadb_roles(lab):
    if not shutil.which("mariadbd") or not shutil.which("mariadb-install-db"):
        pytest.skip("MariaDB is not installed (tools/install-deps db)")
    host = lab["client"]
    data = host.dir / "mysql"
    sock = data / "sock"
    told = dbrole(host, "mysql", "--host", sock, "--user", "root")
    wait_for(lambda: told().startswith("down "), 15, "a server that is not there to be down")
    common = ["--no-defaults", f"--datadir={data}", "--user=root"]
    host.run(["mariadb-install-db", *common, "--skip-test-db", "--auth-root-authentication-method=normal"])
    server = host.spawn(["mariadbd", *common, f"--socket={sock}", "--port=7306", "--skip-log-bin"],
                        log="mysql.log")
    wait_for(lambda: told() == "primary primary", 60, "a primary")
    host.run(["mariadb", "--no-defaults", f"--socket={sock}", "-uroot", "-e", "SET GLOBAL read_only=1"])
    wait_for(lambda: told() == "replica read_only", 15, "a server that only reads")
    galera = dbrole(host, "mysql", "--host", sock, "--user", "root", "--galera")
    wait_for(lambda: galera().startswith("replica "), 15, "no node of a cluster")
    send_signal(server.pid, signal.SIGSTOP)
    wait_for(lambda: told() == "down timeout", 15, "a hung server to be down")
    send_signal(server.pid, signal.SIGCONT)
    wait_for(lambda: told() == "replica read_only", 15, "it to be back")
    send_signal(server.pid, signal.SIGKILL)


def test_a_hung_database_and_a_dead_helper_are_a_fault_with_a_reason(lab):
    """What relais makes of it, without hooks: the role decides who has the address."""
    if not shutil.which("redis-server"):
        pytest.skip("Redis is not installed (tools/install-deps test)")
    host = lab["client"]
    server = host.spawn(["redis-server", "--port", "6379", "--save", ""], log="redis2.log")
    node = FailoverOnly(host, """\
vrrp_instance R {
    version 3
    interface eth0
    virtual_router_id 60
    advert_int 0.1
    virtual_ipaddress {
        192.0.2.20/24
    }
    track_redis { role primary interval 0.05 timeout 0.2 }
}
""")
    node.start()

    def wait_show(text):
        wait_for(lambda: text in node.show(), 10, f"'{text}' in\n{node.show()}\n{node.log()}")
    wait_show("R MASTER")
    send_signal(server.pid, signal.SIGSTOP)
    wait_show('reason "database redis primary: timeout"')
    wait_for(lambda: "R FAULT" in node.show() and not host.holds("192.0.2.20"), 10, f"no address\n{node.show()}")
    send_signal(server.pid, signal.SIGCONT)
    wait_show("R MASTER")
    host.run(["redis-cli", "replicaof", "192.0.2.9", "6379"])
    wait_show('reason "database redis primary: replica"')
    host.run(["redis-cli", "replicaof", "no", "one"])
    wait_show("R MASTER")
    helper = ["pgrep", "-f", "relais-dbrole redis --interval 50000"]
    host.run(["sh", "-c", "kill -9 $(" + " ".join(f"'{w}'" for w in helper) + " | head -1)"])
    wait_show("relais-dbrole ended by signal 9")
    wait_show("R MASTER")
    node.stop()
    wait_for(lambda: not host.run(helper, check=False), 10, "the helper to go with relais")
