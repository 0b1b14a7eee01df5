"""What two nodes say to each other, recorded by tcpdump beside them and read back by it: a second
opinion on checksums, TTLs and on who was master when."""
import re
import signal

from netlab import send_signal, wait_for


class Capture:
    """Records at a node's port of the switch: both directions, unicast too."""

    def __init__(self, lab, port="lb2"):
        self.lab = lab
        self.path, self.log = lab.switch.dir / "vrrp.pcap", lab.switch.dir / "tcpdump.log"
        self.process = lab.switch.spawn(["tcpdump", "-i", port, "-U", "-w", self.path,
                                         "ip proto 112 or ip proto 51 or ip6 proto 112"], log="tcpdump.log")
        wait_for(lambda: "listening on" in self.log.read_text(), 10, "tcpdump to listen")

    def stop(self):
        """The decoded packets, one line each."""
        send_signal(self.process.pid, signal.SIGINT)
        self.process.wait(10)
        assert re.search(r"^0 packets dropped", self.log.read_text(), re.M), self.log.read_text()
        text = self.lab.switch.run(["tcpdump", "-n", "-vvv", "-r", self.path])
        return re.sub(r"\n\s+", " ", text).splitlines()


def check_lines(lines):
    """No complaint about any packet, and each came from next door."""
    assert len(lines) >= 6, lines
    for line in lines:
        assert "VRRPv" in line and not re.search(r"\bbad\b|cksum|trunc|invalid|unknown", line), line
        assert re.search(r"\b(ttl|hlim) 255\b", line), line


def speakers(lines, vrid=None):
    """(source, priority) of each advertisement in their order."""
    found = []
    for line in lines:
        match = re.search(r"([0-9a-f.:]+) > [0-9a-f.:]+: .*VRRPv[23], Advertisement, vrid (\d+), prio (\d+)", line)
        if vrid is None or int(match[2]) == vrid:
            found.append((match[1], int(match[3])))
    return found


def check_one_master(lines, vrid=None):
    """Two masters speak in turns. When one gives way to the other there is one word of each in between at
    most (the loser's last one), never three."""
    runs = []
    for source, priority in speakers(lines, vrid):
        if priority == 0:
            runs.append([None, 9])  # resigned: whoever speaks next has a right to
        elif runs and runs[-1][0] == source:
            runs[-1][1] += 1
        else:
            runs.append([source, 1])
    assert len({source for source, _ in runs if source}) == 2, runs
    for at in range(1, len(runs) - 3):
        assert any(n > 1 for _, n in runs[at:at + 3]), f"two masters: {runs}"
