"""The lab itself: does it cut what it says, and does it leave nothing behind?"""
import os
import signal
import subprocess
import sys

import pytest

from netlab import (HERE, AddressWatcher, Lab, Prober, Sniffer, is_alive, largest_gap_ms, now_us,
                    send_signal, state_of, tool, wait_for)

HOSTS = {"client": 2, "web1": 31, "web2": 32}


@pytest.fixture
def lab():
    with Lab(HOSTS) as built:
        yield built


def start_web(lab, name):
    web = lab[name].spawn([tool("webd"), "-n", name, "::", 80], log="webd.log")
    wait_for(lambda: lab[name].run(["ss", "-Hltn", "sport = :80"]), 15, "the web server")
    return web


def can_fetch(lab, frm, to, seconds=10):
    """Within that long; where it is not to be, nobody waits for it."""
    url = f"http://[{to}]/" if ":" in to else f"http://{to}/"
    return "The shop" in lab[frm].run(["curl", "-gs", "-m", str(seconds), url], check=False)


def test_hosts_reach_each_other_until_the_link_is_cut(lab):
    start_web(lab, "web1")
    assert can_fetch(lab, "client", lab["web1"].ip4)
    assert can_fetch(lab, "client", lab["web1"].ip6)
    lab.cut("web1")
    wait_for(lambda: "NO-CARRIER" in lab["web1"].net(["ip", "link", "show", "eth0"]), 10, "the other end to see it")
    assert not can_fetch(lab, "client", lab["web1"].ip4, 0.3)
    lab.mend("web1")
    wait_for(lambda: can_fetch(lab, "client", lab["web1"].ip4, 1), 15, "the mended link")


def test_a_partition_parts_two_hosts_and_no_other(lab):
    start_web(lab, "web1")
    lab.partition("web1", "web2")
    assert not can_fetch(lab, "web2", lab["web1"].ip4, 0.3)
    assert can_fetch(lab, "client", lab["web1"].ip4)
    lab.heal()
    wait_for(lambda: can_fetch(lab, "web2", lab["web1"].ip4, 1), 15, "the healed partition")


def test_a_host_has_its_own_processes_name_and_run_directory(lab):
    assert lab["web1"].run(["hostname"]).strip() == "web1"
    lab["web1"].run(["touch", "/run/here"])
    assert (lab["web1"].root / "run/here").exists() and not os.path.exists("/run/here")
    sleeper = lab["web1"].spawn(["sleep", "600"])
    assert lab["web1"].run(["pgrep", "sleep"]).split() and not lab["web2"].run(["pgrep", "sleep"], check=False)
    sleeper.kill()
    wait_for(lambda: not lab["web1"].run(["pgrep", "sleep"], check=False), 10, "no zombie either")


def test_a_frozen_host_stands_still_and_goes_on(lab):
    web = start_web(lab, "web1")
    lab["web1"].freeze()
    assert state_of(web.pid) == "T" and not can_fetch(lab, "client", lab["web1"].ip4, 0.3)
    lab["web1"].thaw()
    wait_for(lambda: can_fetch(lab, "client", lab["web1"].ip4, 1), 15, "the thawed web server")


def test_the_prober_sees_a_gap_and_names_its_errors(lab):
    web = start_web(lab, "web1")
    prober = Prober(lab["client"], lab["web1"].ip4, keep=3, stream_ms=20)
    next(line for line in prober.lines() if line["good"] > 20 and line["keep"]["asked"] >= 3)
    start = now_us()
    web.kill()
    wait_for(lambda: now_us() - start > 200000, 5)
    start_web(lab, "web1")
    wait_for(lambda: now_us() - start > 500000, 5)
    result = prober.stop()
    assert result["good"] > 0 and result["errors"]["refused"] > 10
    assert result["keep"]["broken"] + result["keep"]["closed"] == 3
    assert largest_gap_ms(result, start) >= 200
    assert result["served"]["web1"] == result["good"]


def test_addresses_and_frames_are_seen_as_they_come(lab):
    watcher, sniffer = AddressWatcher(lab["web1"]), Sniffer(lab["web2"])
    lab["web1"].run(["ip", "addr", "add", "192.0.2.99/32", "dev", "eth0"])
    lab["web1"].run(["ip", "addr", "del", "192.0.2.99/32", "dev", "eth0"])
    wait_for(lambda: [item for _, item in watcher.items()] == [("+", "192.0.2.99"), ("-", "192.0.2.99")],
             10, "both changes")
    lab["web1"].run(["curl", "-s", "-m", "0.2", f"http://{lab['web2'].ip4}/"], check=False)
    wait_for(lambda: any(p.haslayer("ARP") for _, p in sniffer.packets()), 10, "an ARP question")
    watcher.stop()
    sniffer.stop()


def test_a_killed_python_leaves_no_process_and_no_interface():
    script = ("from netlab import *\nlab = Lab({'one': 1})\np = lab['one'].spawn(['sleep', '600'])\n"
              "print(p.pid, lab['one'].pid, flush=True)\ntime.sleep(600)")
    python = subprocess.Popen([sys.executable, "-c", script], cwd=HERE, stdout=subprocess.PIPE, text=True)
    pids = [int(x) for x in python.stdout.readline().split()]
    assert len(pids) == 2 and all(is_alive(pid) for pid in pids)
    python.send_signal(signal.SIGKILL)
    python.wait()
    wait_for(lambda: not any(is_alive(pid) for pid in pids), 10, "the host's processes to go too")
    python.stdout.close()


def test_close_ends_everything_also_what_ignores_signals():
    lab = Lab({"one": 1})
    stubborn = lab["one"].spawn(["sh", "-c", "trap '' TERM INT HUP; (sleep 601 & ) ; while :; do sleep 602; done"])
    wait_for(lambda: len(lab["one"].processes()) >= 3, 10, "the shell and its children")
    pids, directory = lab["one"].processes(), lab.dir
    lab.close()
    assert stubborn.returncode is not None and not directory.exists()
    assert not any(send_signal(pid, 0) and is_alive(pid) for pid in pids)
