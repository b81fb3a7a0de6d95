"""A worker that tries to break out: what somebody does who has taken over a decoder.

Stands in the place of the real worker, under the real relay: it gives up its rights as that one does, and then
tries everything, each so that nothing comes of it on a machine where it works. One frame tells it what to look for
in the relay's memory; its answer is a picture that says what came of it.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

import av.logging
import cv2
import pyseccomp

from media.core.share import Kind, MessageReader, Picture, Simple, SourceFrame, encode
from media.engine.copies import confinement

LIBC = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, O_RDONLY = -100, 0
SIGCHLD = int(signal.SIGCHLD)


def syscall(name: str, *arguments: Any) -> str:
    """ "it worked", or the name of the error."""
    ctypes.set_errno(0)
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    if number < 0:
        return "ENOSYS"  # not on this processor
    if LIBC.syscall(ctypes.c_long(number), *arguments) >= 0:
        return "it worked"
    return errno.errorcode.get(ctypes.get_errno(), "?")


def long(value: int) -> ctypes.c_long:
    return ctypes.c_long(value)


def python(work: Callable[[], object]) -> str:
    """The same of something that Python has a name for."""
    try:
        work()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "?")
    except (ValueError, RuntimeError) as error:
        return type(error).__name__
    return "it worked"


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def steal(pid: int, address: int, length: int) -> tuple[str, bytes]:
    found = ctypes.create_string_buffer(length)
    local = Iovec(ctypes.cast(found, ctypes.c_void_p), length)
    remote = Iovec(address, length)
    told = syscall(
        "process_vm_readv", long(pid), ctypes.byref(local), long(1), ctypes.byref(remote), long(1), long(0)
    )
    return told, found.raw


def page_of_memory() -> int:
    """The address of a page that may be written."""
    LIBC.mmap.restype = ctypes.c_void_p
    return int(LIBC.mmap(None, ctypes.c_size_t(mmap.PAGESIZE), 3, 0x22, -1, ctypes.c_long(0)))


def forked(call: str, *arguments: Any) -> str:
    """A call that comes back twice where it works: the second one ends."""
    mine = os.getpid()
    told = syscall(call, *arguments)
    if os.getpid() != mine:
        os._exit(0)
    return told


def attempts(relay: int, address: int, length: int) -> dict[str, str]:
    """Everything, with what came of it."""
    told, memory = steal(relay, address, length)
    file = b"/proc/%d/mem\0" % relay
    page = mmap.PAGESIZE
    zero = long(0)
    tried = {
        "read the relay's memory": told if not any(memory) else "it worked",
        "write the relay's memory": syscall("process_vm_writev", long(relay), None, zero, None, zero, zero),
        "attach to the relay": syscall("ptrace", long(16), long(relay), zero, zero),
        "fork": forked("clone", long(SIGCHLD), zero, zero, zero, zero),
        "the old fork": forked("fork"),
        "run a program": syscall("execve", b"/none/at/all\0", None, None),
        "run an open file": syscall("execveat", zero, b"\0", None, None, long(0x1000)),
        "stop the relay": syscall("kill", long(relay), long(0)),
        "end the relay": syscall("kill", long(relay), long(int(signal.SIGURG))),
        "signal a thread of the relay": syscall("tgkill", long(relay), long(relay), zero),
        "signal any thread": syscall("tkill", long(relay), zero),
        "queue a signal": syscall("rt_sigqueueinfo", long(relay), zero, None),
        "a handle of the relay": syscall("pidfd_open", long(relay), zero),
        "the limits of the relay": syscall("prlimit64", long(relay), long(7), None, None),
        "the priority of the relay": syscall("setpriority", zero, long(relay), long(19)),
        "the processors of the relay": syscall("sched_setaffinity", long(relay), long(8), b"\1" + b"\0" * 7),
        "compare with the relay": syscall("kcmp", long(relay), long(relay), zero, zero, zero),
        "open a file": python(lambda: os.open("/etc/passwd", os.O_RDONLY)),
        "open the relay's memory": syscall("openat", long(AT_FDCWD), file, long(2)),
        "open another way": syscall("openat2", long(AT_FDCWD), file, b"\0" * 24, long(24)),
        "make a file": python(lambda: os.open("/tmp/out", os.O_CREAT | os.O_WRONLY)),
        "make a file in memory": syscall("memfd_create", b"x\0", zero),
        "remove a file": syscall("unlink", b"/tmp/none\0"),
        "rename a file": syscall("rename", b"/tmp/none\0", b"/tmp/one\0"),
        "change a file": syscall("chmod", b"/etc/passwd\0", long(0o644)),
        "look at a file": syscall("stat", b"/etc/passwd\0", ctypes.create_string_buffer(256)),
        "read a link": syscall("readlink", b"/proc/self/exe\0", ctypes.create_string_buffer(99), long(99)),
        "read a folder": syscall("getdents64", zero, ctypes.create_string_buffer(99), long(99)),
        "a pipe": syscall("pipe2", ctypes.create_string_buffer(8), zero),
        "another descriptor": syscall("dup", long(1)),
        "control a descriptor": syscall("fcntl", zero, zero, zero),
        "type on the terminal": syscall("ioctl", zero, long(0x5412), b"x"),
        "a pair of sockets": syscall("socketpair", long(1), long(1), zero, ctypes.create_string_buffer(8)),
        "send a descriptor": syscall("sendmsg", long(1), b"\0" * 56, zero),
        "memory that runs": syscall("mprotect", ctypes.c_void_p(page_of_memory()), long(page), long(7)),
        "map memory that runs": python(
            lambda: mmap.mmap(-1, page, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        ),
        "more files": python(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))),
        "more memory": python(lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))),
        "namespaces": syscall("unshare", long(confinement.CLONE_NEWUSER)),
        "another's namespaces": syscall("setns", zero, zero),
        "another root": syscall("chroot", b"/\0"),
        "mount": syscall("mount", b"x\0", b"/tmp\0", b"no file system\0", zero, None),
        "be root": syscall("setuid", zero),
        "capabilities": syscall("capset", b"\0" * 8, b"\xff" * 24),
        "a filter of its own": syscall("seccomp", long(1), zero, None),
        "another personality": syscall("personality", long(0x0040000)),
        "programs in the kernel": syscall("bpf", zero, b"\0" * 128, long(128)),
        "rings": syscall("io_uring_setup", long(1), b"\0" * 120),
        "faults": syscall("userfaultfd", zero),
        "counters": syscall("perf_event_open", b"\0" * 128, zero, zero, long(-1), zero),
        "keys": syscall("keyctl", zero, zero, zero),
        "a key": syscall("add_key", b"user\0", b"x\0", b"x", long(1), long(-3)),
        "shared memory": syscall("shmget", zero, long(page), long(0o1600)),
        "a queue": syscall("msgget", zero, long(0o1600)),
        "semaphores": syscall("semget", zero, long(1), long(0o1600)),
        "watch files": syscall("inotify_init1", zero),
        "an event": syscall("eventfd2", zero, zero),
    }
    for family, name in ((1, "unix"), (2, "internet"), (10, "new internet"), (16, "kernel"), (17, "packet")):
        tried[f"a socket: {name}"] = syscall("socket", long(family), long(2), zero)
    return tried


def main() -> None:
    """Be confined as the worker is, then try."""
    cv2.setNumThreads(1)
    av.logging.set_level(None)
    if os.environ.get("BREAKOUT") == "unfiltered":
        confinement._Rules.load = lambda self: None  # type: ignore[method-assign]
    confinement.confine()
    reader = MessageReader()
    os.write(sys.stdout.fileno(), encode(Simple(Kind.READY, 0)))
    while data := os.read(sys.stdin.fileno(), 1 << 16):
        for message in reader.feed(data):
            if isinstance(message, SourceFrame):
                told = attempts(**json.loads(message.data)) | {"environment": " ".join(os.environ)}
                answer = Picture(message.copy_id, message.timestamp, True, 2, 2, json.dumps(told).encode())
                os.write(sys.stdout.fileno(), encode(answer))


if __name__ == "__main__":
    main()
