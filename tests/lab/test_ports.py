"""Who holds a port, and until when: a balancer that finishes its connections no longer does."""
import signal
import socket

import pytest

from netlab import Lab, is_alive, send_signal, wait_for
from stacks import HAPROXY_CFG, Relais, start_webs, write_files

TWO_PORTS = HAPROXY_CFG.replace("bind :80", "bind :80\n    bind :81")


@pytest.fixture
def node():
    with Lab({"client": 2, "lb1": 11, "web1": 31, "web2": 32, "web3": 33}) as lab:
        start_webs(lab)
        started = Relais(lab["lb1"])
        started.client = lab["client"]
        write_files(lab["lb1"], 0.1, haproxy_cfg=TWO_PORTS)
        started.start()
        wait_for(lambda: listens(started, 80) and listens(started, 81), 15, f"both ports\n{started.log()}")
        yield started
        started.kill()


def listens(node, port):
    return node.host.run(["ss", "-Hltn", f"sport = :{port}"]).strip()


def begin_request(node, port):
    """A connection whose request is half sent: it keeps its balancer busy."""
    sock = node.client.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.settimeout(10)
    sock.connect((node.host.ip4, port))
    sock.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n")
    return sock


def end_request(sock):
    sock.sendall(b"Connection: close\r\n\r\n")
    answer = b""
    while data := sock.recv(65536):
        answer += data
    sock.close()
    return answer.split(b"\r\n")[0]


def wait_for_session(node, count):
    wait_for(lambda: f"\nCurrConns: {count}\n" in node.ask("show info"), 10, f"{count} connections")


def can_listen(node, port):
    sock = node.host.socket(socket.AF_INET6, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("::", port))
        sock.listen()
        return True
    except OSError:
        return False
    finally:
        sock.close()


def test_a_balancer_without_a_master_finishes_but_holds_no_port(node):
    sock = begin_request(node, 80)
    wait_for_session(node, 1)
    (balancer,) = node.balancer_pids()
    send_signal(node.master.pid, signal.SIGKILL)
    node.master.wait()
    wait_for(lambda: can_listen(node, 80) and can_listen(node, 81), 10, f"the ports\n{node.log()}")
    assert is_alive(balancer), "its connection is not over"
    node.start()
    wait_for(lambda: listens(node, 80), 15, f"another relais on the port\n{node.log()}")
    assert end_request(sock) == b"HTTP/1.1 200 OK"
    assert end_request(begin_request(node, 80)) == b"HTTP/1.1 200 OK"
    wait_for(lambda: not is_alive(balancer), 10, "the old one's end")


def test_a_port_that_a_reload_removes_is_free_at_once(node):
    sock = begin_request(node, 81)
    wait_for_session(node, 1)
    (before,) = node.balancer_pids()
    write_files(node.host, 0.1)
    node.reload()
    wait_for(lambda: not listens(node, 81), 10, f"the port's end\n{node.log()}")
    assert listens(node, 80) and is_alive(before)
    assert can_listen(node, 81)
    assert end_request(sock) == b"HTTP/1.1 200 OK"


def test_a_port_is_free_while_the_last_connections_of_a_stop_finish(node):
    sock = begin_request(node, 80)
    wait_for_session(node, 1)
    send_signal(node.master.pid, signal.SIGUSR1)
    wait_for(lambda: can_listen(node, 80), 10, f"the port\n{node.log()}")
    assert is_alive(node.master.pid)
    assert end_request(sock) == b"HTTP/1.1 200 OK"
    assert node.master.wait(20) == 0
