"""A sniffing program whose memory and processor time are sampled while it runs."""

import json
import os
import signal
import subprocess
import tempfile
import time

from network import NetworkFault

INTERVAL = 2  # seconds between samples
PATIENCE = 20  # seconds for starting, and for ending


class ObservedProgram:
    """The program as a context, at whose end it is killed if it still runs."""

    def __init__(self, words):
        self.samples = []  # (time, bytes resident)
        self.peak = self.processor_time = 0
        self.status = None
        self.output = tempfile.TemporaryFile()
        # Only the last line of its output matters, and a file with all of it might be large.
        self.tail = subprocess.Popen(["tail", "-n", "1"], stdin=subprocess.PIPE, stdout=self.output)
        self.program = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.tail.stdin)
        self.tail.stdin.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.program, self.tail):
            if process.poll() is None:
                process.kill()
                process.wait()

    def wait_until_sniffing(self):
        """Waits until a packet socket receives packets in the program's network namespace, which is not this one's."""
        deadline = time.monotonic() + PATIENCE
        home, own = "/proc/self", f"/proc/{self.program.pid}"
        while time.monotonic() < deadline and self.program.poll() is None:
            if os.readlink(f"{own}/ns/net") != os.readlink(f"{home}/ns/net"):
                with open(f"{own}/net/packet", encoding="ascii") as table:
                    # The columns: sk, references, type, protocol, interface, running, …
                    if any(line.split()[4] != "0" and line.split()[5] == "1" for line in list(table)[1:]):
                        return
            time.sleep(0.01)
        raise NetworkFault("the program does not sniff")

    def sample(self):
        """Samples the program if the last sample is a few seconds old; must be called often."""
        if self.samples and time.monotonic() < self.samples[-1][0] + INTERVAL:
            return
        if self.program.poll() is not None:
            raise NetworkFault(f"the program ended with status {self.program.returncode}")
        with open(f"/proc/{self.program.pid}/status", encoding="utf-8") as file:
            status = dict(line.split(":", 1) for line in file)
        self.samples.append((time.monotonic(), _kilobytes(status["VmRSS"])))
        self.peak = _kilobytes(status["VmHWM"])
        self.processor_time = self._processor_time()

    def _processor_time(self):
        """Seconds of processor time, to the nanosecond: /proc/PID/stat counts ticks, which miss short turns."""
        tasks = f"/proc/{self.program.pid}/task"
        total = 0
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
        return total / 1e9

    def finish(self):
        """Ends the program as a user would, and returns the last event that it printed."""
        self.program.send_signal(signal.SIGINT)
        self.status = self.program.wait(PATIENCE)
        self.tail.wait(PATIENCE)
        self.output.seek(0)
        event = json.loads(self.output.read())
        if event["event"] != "summary":
            raise NetworkFault(f"the last event is {event['event']}")
        return event

    def first_minute(self):
        """The most memory in use in the first minute, or in the first half of a run shorter than two minutes."""
        start, end = self.samples[0][0], self.samples[-1][0]
        return max(size for time, size in self.samples if time <= start + min(60, (end - start) / 2))

    def last_minute(self):
        start, end = self.samples[0][0], self.samples[-1][0]
        return max(size for time, size in self.samples if time >= end - min(60, (end - start) / 2))


def _kilobytes(words):
    return int(words.split()[0]) * 1024
