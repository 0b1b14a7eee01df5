"""Web servers behind virtual servers, and a client that only knows the VIP: used by tests of virtual servers."""
import re
import signal
import socket

from netlab import LabError, send_signal, tool, wait_for

VIP = "192.0.2.10"


def start_web(lab, name):
    host = lab[name]
    host.webd = host.spawn([tool("webd"), "-n", name, "::", 80], log="webd.log")
    wait_for(lambda: host.run(["ss", "-Hltn", "sport = :80"]), 15, f"{name}'s web server")


def stop_web(lab, name):
    send_signal(lab[name].webd.pid, signal.SIGKILL)
    lab[name].webd.wait()


def get(lab, address, path):
    with lab["client"].socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.settimeout(10)
        sock.connect((address, 80))
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        answer = b""
        while not is_whole(answer) and (data := sock.recv(65536)):
            answer += data
    return answer


def is_whole(answer):
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return end and length and len(body) >= int(length.group(1))


def ask(lab):
    """Who serves the VIP: the server's name, or None."""
    try:
        answer = get(lab, VIP, "/")
    except OSError:
        return None
    found = re.search(rb"X-Served-By: (\S+)", answer, re.IGNORECASE)
    return found.group(1).decode() if found else None


def wait_served_by(lab, *names, n=6):
    """Until n connections in a row go to these servers and to all of them."""
    expected = set(names)
    try:
        wait_for(lambda: {ask(lab) for _ in range(n)} == expected, 20, f"service by {names}", 0.05)
    except LabError:
        print({ask(lab) for _ in range(n)})
        raise
