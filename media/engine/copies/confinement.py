"""What a decoder of untrusted pictures may still do to the machine: compute, and talk over pipes that are open.

Owns: giving up every other right, layer by layer, so that a hole in one is not a way out: limits (no file, no
socket, so much memory), no new privileges, another user where this one is root, own namespaces of users, network
and IPC where the kernel gives them, and a seccomp filter (seccomp(2), by libseccomp) that refuses every system call
but those of decoding. Owns too: hiding the memory of the process that starts decoders. Must never let anything be
decoded unless the filter holds.
"""

from __future__ import annotations

import ctypes
import errno
import os
import pwd
import resource
import sys
from contextlib import suppress
from typing import Final

# A lower priority than the relay, which may run on the same core.
NICENESS = 5
# The libraries map 0.6 GB; a 1080p decoder and encoder need 60 MB, and one worker serves several.
ADDRESS_SPACE_BYTES = 2 << 30
# The exit code of a worker that could not be confined.
NOT_CONFINED = 77
# The user that Debian has for whatever must own nothing.
NOBODY = "nobody"

# linux/prctl.h
PR_SET_DUMPABLE, PR_SET_NAME, PR_SET_NO_NEW_PRIVS, PR_SET_VMA = 4, 15, 38, 0x53564D41
# linux/sched.h
CLONE_THREAD, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWNET = 0x0001_0000, 0x0800_0000, 0x1000_0000, 0x4000_0000
# sys/mman.h
PROT_EXEC = 4

# What computing and talking over open pipes needs. Memory that runs, processes, files, sockets, signals to others
# and the limits of others are not among it; `_filter` allows a few more calls with some arguments only.
HARMLESS: Final = (
    "read", "write", "writev", "close", "lseek", "fstat", "poll", "ppoll",
    "brk", "munmap", "mremap", "madvise", "futex", "futex_time64", "set_robust_list", "rseq", "membarrier",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall",
    "exit", "exit_group", "sched_yield", "sched_getaffinity", "getcpu", "gettid", "getpid", "getppid",
    "clock_gettime", "clock_gettime64", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday",
    "times", "getrusage", "getrandom", "getrlimit", "setrlimit", "sysinfo", "uname",
    "getuid", "geteuid", "getgid", "getegid",
)  # fmt: skip


class NotConfined(Exception):
    """A layer that must hold does not; nothing may be decoded."""


def hide_memory() -> None:
    """Keep the memory of this process from every other of its user, and out of core files (ptrace(2), core(5))."""
    if sys.platform == "linux":
        _prctl(PR_SET_DUMPABLE, 0)


def confine() -> None:
    """Give up all rights that decoding does not need. Raises NotConfined. There is no way back."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    # A core file would put a patient's picture on disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    rules = _filter()
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    _become_nobody()
    _leave_namespaces()
    # The pipes are open already; from here on no file and no socket can be opened.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    rules.load()


def _become_nobody() -> None:
    """Root owns the machine's files and may signal everybody: be somebody else."""
    if os.geteuid() != 0:
        return
    try:
        user = pwd.getpwnam(NOBODY)
        os.setgroups([])
        os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
        os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
    except (KeyError, OSError) as error:
        raise NotConfined(f"root could not become {NOBODY}") from error


def _leave_namespaces() -> None:
    """Namespaces of users, network and IPC of its own, where the kernel and its settings give them."""
    libc = ctypes.CDLL(None, use_errno=True)
    for flags in (CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC, CLONE_NEWUSER):
        # Refused where the administrator forbids it, in some containers, and to a process that has threads.
        if libc.unshare(flags) == 0:
            return


def _filter() -> _Rules:
    rules = _Rules()
    for name in HARMLESS:
        rules.allow(name)
    # No memory that runs: what a broken decoder is made to write stays data.
    rules.allow("mmap", (2, PROT_EXEC, 0))
    rules.allow("mmap2", (2, PROT_EXEC, 0))
    rules.allow("mprotect", (2, PROT_EXEC, 0))
    # Threads of this process, no other process. clone3 hides its flags from filters; libraries then take clone.
    rules.allow("clone", (0, CLONE_THREAD, CLONE_THREAD))
    rules.refuse("clone3", errno.ENOSYS)
    # The limits of this process, not of others; signals to itself, with which a library ends it.
    rules.allow("prlimit64", (0, _ALL_BITS, 0))
    rules.allow("tgkill", (0, _ALL_BITS, os.getpid()))
    for option in (PR_SET_NAME, PR_SET_VMA):
        rules.allow("prctl", (0, _INT_BITS, option))
    return rules


_ALL_BITS = 0xFFFF_FFFF_FFFF_FFFF
_INT_BITS = 0xFFFF_FFFF


class _Rules:
    """A filter of libseccomp: what no rule allows is refused with EPERM."""

    def __init__(self) -> None:
        try:
            # Loads libseccomp, which only workers need.
            import pyseccomp
        except (ImportError, RuntimeError) as error:
            raise NotConfined("libseccomp is not there") from error
        self._library = pyseccomp
        self._rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))

    def allow(self, name: str, *arguments: tuple[int, int, int]) -> None:
        """Allow a call; ``arguments``: which argument, under which mask, must have which value."""
        self._add(self._library.ALLOW, name, *arguments)

    def refuse(self, name: str, number: int) -> None:
        """Refuse a call with another error."""
        self._add(self._library.ERRNO(number), name)

    def load(self) -> None:
        """From here on the filter holds, for every thread there will be. Raises NotConfined."""
        try:
            # For the threads that a library may have begun already, too.
            self._rules.set_attr(self._library.Attr.CTL_TSYNC, 1)
            self._rules.load()
        except OSError as error:
            raise NotConfined("the kernel takes no filter") from error

    def _add(self, action: int, name: str, *arguments: tuple[int, int, int]) -> None:
        compared = [
            self._library.Arg(number, self._library.MASKED_EQ, mask, value)
            for number, mask, value in arguments
        ]
        # A name that this processor or an older library does not have needs no rule.
        with suppress(ValueError, OSError):
            self._rules.add_rule(action, name, *compared)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise NotConfined(os.strerror(ctypes.get_errno()))
