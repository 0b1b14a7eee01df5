"""What a reload does to what is known of servers and of clients: nothing. (And a balancer that is killed, to servers.)"""
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
        wait_for(lambda: "NOTICE serving" in started.log(), 15, "the start")
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
            out = self.client.run(["curl", "-s", "-m", "10", "-w", "%{http_code}\\n"] +
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
    wait_for(lambda: row_is(node, "web3", check_status="L7OK"), 15, f"a first check\n{node.log()}")
    send_signal(node.lab["web3"].webd.pid, signal.SIGKILL)
    url = f"http://{node.host.ip4}/health"
    with Load(node.lab["client"], url) as load:
        wait_for(lambda: row_is(node, "web3", status="DOWN"), 10, f"web3 to be found dead\n{node.log()}")
        for n, end in enumerate(("reload", "reload", "reload", "kill"), 1):
            served = load.n
            if end == "reload":
                reload(node, n)
            else:
                before = serving(node)
                node.kill_balancer()
                wait_for(lambda: serving(node) not in (None, before), 10, f"another balancer\n{node.log()}")
            wait_for(lambda: load.n > served + 30, 20, "requests")
            row = stats(node)["web3"]
            assert (row["status"], row["stot"], row["wretr"], row["wredis"], row["econ"]) == \
                ("DOWN", "0", "0", "0", "0"), (end, row, node.log())
            # a killed one takes the request with it that it was at
            assert len(load.bad) <= (end == "kill"), (load.bad, node.log())
    node.lab["web3"].webd = None


STICKY = CFG.replace("    balance roundrobin\n", """    balance roundrobin
    stick-table type string len 20 size 10k expire 1h store gpc0,http_req_cnt
    stick on hdr(x-id)
    http-request track-sc0 hdr(x-id)
""")


def reload(node, times):
    """Reloads once more; times: how often it was done then. Ends when the new balancer answers."""
    before = serving(node)
    node.reload()
    wait_for(lambda: node.log().count("NOTICE reloaded") == times, 10, f"the reload\n{node.log()}")
    wait_for(lambda: serving(node) not in (None, before), 10, f"another balancer\n{node.log()}")


def served_by(node, key):
    return node.client.run(["curl", "-s", "-o", "/dev/null", "-D", "-", "-H", f"x-id: {key}", node.url])


def test_stick_tables_outlive_reloads(node):
    node.client, node.url = node.lab["client"], f"http://{node.host.ip4}/"
    node.host.write("haproxy.cfg", STICKY)
    reload(node, 1)

    def server_of(key):
        answer = served_by(node, key)
        assert " 200 " in answer, (answer, node.log())
        return re.search(r"(?i)x-served-by: (\S+)", answer).group(1)

    first = {key: server_of(key) for key in ("a", "b", "c", "d", "e")}
    assert len(set(first.values())) == 3
    node.ask("set table web key b data.gpc0 42")
    for n in range(2, 5):
        reload(node, n)
        assert {key: server_of(key) for key in reversed(first)} == first, node.log()
        entry = node.ask("show table web key b")
        assert re.search(r"key=b .* gpc0=42 .*http_req_cnt=[1-9]", entry), (n, entry, node.log())
    assert "# table: web, type: string, size:10240, used:5\n" in node.ask("show table")
