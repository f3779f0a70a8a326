"""Two network namespaces for a run, joined by an Ethernet link; needs root, Linux and iproute2."""

import contextlib
import ctypes
import fcntl
import os
import re
import signal
import struct
import subprocess

INTERFACE = "cap0"  # in both namespaces
ADDRESSES = {"server": {4: "10.77.0.1", 6: "fd77::1"}, "client": {4: "10.77.0.2", 6: "fd77::2"}}

_PREFIX = "wstap-rig-"
_RUNTIME = "/run/netns"
_CLONE_NEWNET = 0x40000000
_TUNSETIFF, _IFF_TAP, _IFF_NO_PI = 0x400454CA, 0x0002, 0x1000


class NetworkFault(Exception):
    """A step that the system refused, with its message."""


def run(*words):
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except OSError as fault:
        raise NetworkFault(f"{words[0]}: {fault.strerror}") from fault
    if done.returncode:
        raise NetworkFault(f"{' '.join(words)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


@contextlib.contextmanager
def inside(namespace):
    """Runs the block in a namespace: what this thread opens there belongs to it."""
    with open("/proc/thread-self/ns/net", "rb") as home, open(f"{_RUNTIME}/{namespace}", "rb") as there:
        _enter(there.fileno())
        try:
            yield
        finally:
            _enter(home.fileno())


def _enter(descriptor):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET):
        raise NetworkFault(f"setns: {os.strerror(ctypes.get_errno())}")


class Network:
    """The namespaces as a context, at whose end they are removed in any case.

    `bridged`: the interfaces are TAP devices, and a bridge must carry their packets between the two descriptors in
    `taps`; otherwise they are a veth pair.
    """

    def __init__(self, bridged=False):
        self.bridged = bridged
        # The names contain the process ID, so that later runs can find namespaces that nobody else will remove.
        self.names = {end: f"{_PREFIX}{os.getpid()}-{end}" for end in ADDRESSES}
        self.taps = []

    def __enter__(self):
        try:
            _remove_leftovers()
            for name in self.names.values():
                run("ip", "netns", "add", name)
            if self.bridged:
                self.taps = [self._tap(end) for end in ADDRESSES]
            else:
                run("ip", "link", "add", INTERFACE, "netns", self.names["server"], "type", "veth",
                    "peer", "name", INTERFACE, "netns", self.names["client"])
            for end, addresses in ADDRESSES.items():
                self._configure(end, addresses)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for tap in self.taps:
            os.close(tap)
        self.taps = []
        for name in self.names.values():
            if os.path.exists(f"{_RUNTIME}/{name}"):
                _remove(name)

    def command(self, end, *words):
        """The command that runs a program at an end."""
        return ["ip", "netns", "exec", self.names[end], *words]

    def ip(self, end, *words):
        return run("ip", "-netns", self.names[end], *words)

    def _tap(self, end):
        with inside(self.names[end]):
            tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                fcntl.ioctl(tap, _TUNSETIFF, struct.pack("16sH22x", INTERFACE.encode(), _IFF_TAP | _IFF_NO_PI))
            except OSError as fault:
                os.close(tap)
                raise NetworkFault(f"/dev/net/tun: {fault.strerror}") from fault
        return tap

    def _configure(self, end, addresses):
        self.ip(end, "link", "set", "lo", "up")
        self.ip(end, "address", "add", f"{addresses[4]}/24", "dev", INTERFACE)
        self.ip(end, "address", "add", f"{addresses[6]}/64", "dev", INTERFACE, "nodad")
        self.ip(end, "link", "set", INTERFACE, "up")


def _remove_leftovers():
    """Removes the namespaces of killed runs."""
    for name in os.listdir(_RUNTIME) if os.path.isdir(_RUNTIME) else []:
        owner = re.match(_PREFIX + r"(\d+)-", name)
        if owner and not os.path.exists(f"/proc/{owner[1]}"):
            _remove(name)


def _remove(name):
    """Removes a namespace, and ends the programs that are still in it, which only its run can have started."""
    with contextlib.suppress(NetworkFault):
        for identifier in run("ip", "netns", "pids", name).split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(identifier), signal.SIGKILL)
        run("ip", "netns", "delete", name)
