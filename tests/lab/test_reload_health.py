"""What a reload, or a balancer that is killed, does to what is known of servers: nothing."""
import csv
import re
import signal
import threading

import pytest

from netlab import Lab, send_signal, wait_for
from stacks import HAPROXY_CFG, Relais, start_webs, write_files

CFG = HAPROXY_CFG.replace("check inter 500ms", "check inter 300ms")


@pytest.fixture
def node():
    with Lab({"client": 2, "lb1": 11, "web1": 31, "web2": 32, "web3": 33}) as lab:
        start_webs(lab)
        started = Relais(lab["lb1"])
        started.lab = lab
        write_files(lab["lb1"], 0.1, haproxy_cfg=CFG)
        started.start()
        yield started
        started.kill()


def stats(node):
    """show stat as rows by server name; {} while no balancer answers."""
    try:
        text = node.ask("show stat")
    except OSError:
        return {}
    rows = csv.DictReader(text.lstrip("# ").strip().splitlines())
    return {row["svname"]: row for row in rows if row["pxname"] == "web"}


def row_is(node, name, **values):
    row = stats(node).get(name, {})
    return all(row.get(key) == value for key, value in values.items())


class Load:
    """Requests one after the other until it is left; every answer counts."""

    def __init__(self, client, url):
        self.client, self.url, self.bad, self.n = client, url, [], 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over.is_set():
            out = self.client.run(["curl", "-s", "-m", "5", "-w", "%{http_code}\\n"] +
                                  ["-o", "/dev/null", self.url] * 10, check=False)
            self.n += out.count("\n")
            self.bad += [code for code in out.split() if code != "200"]

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def serving(node):
    """The balancer that answers, by its own number; None while none does."""
    try:
        return re.search(r"\nPid: (\d+)\n", node.ask("show info")).group(1)
    except (OSError, AttributeError):
        return None


def test_a_dead_server_stays_dead_over_reloads_and_crashes(node):
    wait_for(lambda: row_is(node, "web3", check_status="L7OK"), 5, f"a first check\n{node.log()}")
    send_signal(node.lab["web3"].webd.pid, signal.SIGKILL)
    url = f"http://{node.host.ip4}/health"
    with Load(node.lab["client"], url) as load:
        wait_for(lambda: row_is(node, "web3", status="DOWN"), 10, f"web3 to be found dead\n{node.log()}")
        for end in ("reload", "reload", "reload", "kill"):
            before = serving(node)
            served = load.n
            if end == "reload":
                node.reload()
            else:
                node.kill_balancer()
            wait_for(lambda: serving(node) not in (None, before), 10, f"another balancer\n{node.log()}")
            wait_for(lambda: load.n > served + 30, 10, "requests")
            row = stats(node)["web3"]
            assert (row["status"], row["stot"], row["wretr"], row["wredis"], row["econ"]) == \
                ("DOWN", "0", "0", "0", "0"), (end, row, node.log())
            # a killed one takes the request with it that it was at
            assert len(load.bad) <= (end == "kill"), (load.bad, node.log())
    node.lab["web3"].webd = None
