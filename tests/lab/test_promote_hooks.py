"""fence, promote and demote in the whole program (failover_promote.c, vrrp/takeover.c): two nodes that
run as failover alone, with scripts that write down what they see of the address."""
import signal

import pytest

from netlab import TOP, Lab, send_signal, wait_for
from stacks import VIP, Relais

NODES = ("db1", "db2")

CONF = """\
global_defs {{
    script_user root
    enable_script_security
}}
vrrp_instance DB {{
    version 3
    interface eth0
    virtual_router_id 52
    priority {priority}
    advert_int 0.1
    nopreempt
    virtual_ipaddress {{
        192.0.2.10/24
    }}
    fence {hook}
    promote {hook}
    demote {hook}
    fence_timeout 5
    promote_timeout 10
    demote_timeout 5
}}
"""

# which hook, whether the address is here while it runs; then as long and as well as a file says
HOOK = """\
#!/bin/sh
held=no
ip -o addr show dev eth0 | grep -q 192.0.2.10 && held=yes
echo "$RELAIS_HOOK $RELAIS_INSTANCE held=$held before=$RELAIS_BEFORE for $RELAIS_REASON" >>{dir}/hooks.log
while [ -e {dir}/hold.$RELAIS_HOOK ]; do sleep 0.01; done
[ ! -e {dir}/fail.$RELAIS_HOOK ] || {{ echo "no luck"; exit 3; }}
"""


class FailoverOnly(Relais):
    """As on db1 and db2: no haproxy.cfg, the runtime socket by -S."""

    def __init__(self, host, conf):
        super().__init__(host, balancer=False)
        host.write("keepalived.conf", conf)

    def start(self):
        self.master = self.host.spawn([self.program, "-db", "-k", self.keepalived_conf, "-S",
                                       "/run/relais.sock"], log="stack.log")
        self.parts = [self.master]
        wait_for(lambda: (self.host.root / "run/relais.sock").exists() or not self.is_running(), 10,
                 f"relais' socket\n{self.log()}")

    def show(self, what="detail"):
        return self.ask(f"show vip {what}", "run/relais.sock")

    def ctl(self, *words):
        return self.host.run([TOP / "build" / "relaisctl", "-s", "/run/relais.sock", *words])


class Node(FailoverOnly):
    def __init__(self, host):
        hook = host.write("hook", HOOK.format(dir=host.dir), 0o755)
        super().__init__(host, CONF.format(priority=150 if host.name == "db1" else 100, hook=hook))

    def hooks(self):
        log = self.host.dir / "hooks.log"
        return [tuple(line.split()[i] for i in (0, 2)) for line in log.read_text().splitlines()] \
            if log.exists() else []

    def forget(self):
        (self.host.dir / "hooks.log").unlink(missing_ok=True)

    def flag(self, name, on=True):
        path = self.host.dir / name
        path.touch() if on else path.unlink()

    def wait_hook(self, hook):
        wait_for(lambda: hook in [word for word, _ in self.hooks()], 10,
                 f"{hook} on {self.host.name}\n{self.log()}")

    def wait_show(self, text):
        wait_for(lambda: text in self.show(), 10, f"'{text}'\n{self.log()}")


@pytest.fixture
def lab():
    with Lab({"client": 2, "db1": 41, "db2": 42}) as built:
        yield built


@pytest.fixture
def nodes(lab):
    started = [Node(lab[name]) for name in NODES]
    for node in started:
        node.start()
        wait_for(lambda: "DB " in node.show("DB"), 10, "the instance")
    wait_held_by(lab, "db1", started)
    return started


def wait_held_by(lab, name, nodes):
    wait_for(lambda: lab.holders(VIP, NODES) == [name], 15, f"the address on {name}\n" +
             "\n".join(node.log() for node in nodes))


TAKEN = [("fence", "held=no"), ("promote", "held=no")]


def test_a_takeover_fences_and_promotes_before_the_address_comes(lab, nodes):
    one, two = nodes
    assert one.hooks() == TAKEN and two.hooks() == []
    two.flag("hold.promote")
    lab["db1"].freeze()
    lab.cut("db1")
    two.wait_hook("promote")
    two.wait_show("phase promote")
    assert "DB MASTER" in two.show() and not lab["db2"].holds(VIP)
    two.flag("hold.promote", False)
    wait_held_by(lab, "db2", nodes)
    assert two.hooks() == TAKEN
    assert f"before={lab['db1'].ip4} for no advertisement for" in (lab["db2"].dir / "hooks.log").read_text()
    lab["db1"].thaw()  # it lets go first, and demotes afterwards
    lab.mend("db1")
    one.wait_hook("demote")
    assert one.hooks() == TAKEN + [("demote", "held=no")]
    assert lab.holders(VIP, NODES) == ["db2"]


def test_a_switch_and_a_stop_demote_while_the_address_is_still_here(lab, nodes):
    one, two = nodes
    one.flag("hold.demote")
    one.ctl("vip", "switch", "DB")
    one.wait_hook("demote")
    one.wait_show("phase demote")
    assert one.hooks()[-1] == ("demote", "held=yes") and two.hooks() == []
    assert "for handed over, asked for by an operator" in (lab["db1"].dir / "hooks.log").read_text()
    one.flag("hold.demote", False)
    wait_held_by(lab, "db2", nodes)
    assert two.hooks() == TAKEN
    two.flag("hold.demote")
    send_signal(two.master.pid, signal.SIGTERM)
    two.wait_hook("demote")
    assert lab["db2"].holds(VIP) and two.is_running()
    two.flag("hold.demote", False)
    wait_held_by(lab, "db1", nodes)
    wait_for(lambda: not two.is_running(), 10, "db2's relais to end")
    assert two.hooks()[-1] == ("demote", "held=yes")


def test_a_failed_promote_gives_the_address_to_the_other_and_a_release_tries_again(lab, nodes):
    one, two = nodes
    two.flag("fail.promote")
    one.ctl("vip", "switch", "DB")
    two.wait_show("promote failed: exit 3: no luck")
    two.wait_hook("demote")
    assert not lab["db2"].holds(VIP) and "DB FAULT" in two.show()
    wait_held_by(lab, "db1", nodes)
    two.flag("fail.promote", False)
    two.ctl("vip", "release", "DB")
    two.wait_show("DB BACKUP")


def test_a_stop_ends_a_hook_that_hangs(lab, nodes):
    one, _ = nodes
    one.flag("hold.demote")
    send_signal(one.master.pid, signal.SIGTERM)
    wait_for(lambda: not one.is_running(), 20, "db1's relais to end")
    assert not lab["db1"].holds(VIP)
    wait_held_by(lab, "db2", nodes)


def test_a_failover_process_that_is_killed_goes_on_where_it_was(lab, nodes):
    one, two = nodes
    one.forget()
    old = one.failover_pid()
    one.kill_failover()
    wait_for(lambda: one.failover_pid() not in (None, old), 10, "another failover process")
    one.wait_show("phase serve")
    assert lab["db1"].holds(VIP) and one.hooks() == []
    two.flag("hold.promote")
    one.ctl("vip", "switch", "DB")
    two.wait_hook("promote")
    old = two.failover_pid()
    two.kill_failover()
    wait_for(lambda: two.failover_pid() not in (None, old), 10, "another failover process")
    assert not lab["db2"].holds(VIP)
    two.flag("hold.promote", False)
    wait_held_by(lab, "db2", nodes)
    assert [word for word, _ in two.hooks()] == ["fence", "promote"] * 2
    assert ("promote", "held=yes") not in two.hooks()
