"""packaging/relaisctl.bash-completion in a real bash, beside a relais whose commands and VIPs it completes."""
import pytest

from netlab import TOP, Lab, wait_for
from stacks import Relais

CONF = """\
vrrp_instance VI_1 {
    version 3
    interface eth0
    virtual_router_id 51
    advert_int 0.1
    virtual_ipaddress {
        192.0.2.20/24
    }
}
"""

COMPLETE = """\
source {script}
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_relaisctl
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


class FailoverOnly(Relais):
    def start(self):
        self.master = self.host.spawn([self.program, "-db", "-k", self.keepalived_conf, "-S",
                                       "/run/relais.sock"], log="stack.log")
        self.parts = [self.master]


@pytest.fixture
def node():
    with Lab({"lb1": 11}) as lab:
        lab["lb1"].write("keepalived.conf", CONF)
        started = FailoverOnly(lab["lb1"], balancer=False)
        started.start()
        yield started
        started.kill()


def test_the_running_program_is_asked_for_the_words(node):
    script = COMPLETE.format(script=TOP / "packaging/relaisctl.bash-completion")

    def complete(*words):
        answer = node.host.run(["bash", "-c", script, "bash", TOP / "build/relaisctl", "-s",
                                "/run/relais.sock", *words])
        return answer.split()

    wait_for(lambda: complete("show", "vip", "VI"), 20, f"its VIP\n{node.log()}")
    assert complete("vip", "sw") == ["switch"]
    assert complete("vip", "switch", "") == ["VI_1"]
    assert complete("vip", "maintenance", "VI_1", "") == ["on", "off"]
    assert complete("show", "v") == ["version", "vip"]
    assert set(complete("vip", "")) == {"switch", "maintenance", "release", "json", "VI_1"}
    assert "reload" in complete("")
