"""One file of the spool, held by the process that appends to it.

Whoever holds the lock (flock) of the file owns it. The lock ends with the process, however that dies, and is the only
sign of life there is. The agent reads a file while its owner appends; it deletes only what it has locked itself.

Room is reserved before it is used, so a full disk is met where nothing has been promised yet. Threads write to places
that were given to them, with no lock around the writing.
"""

import errno
import fcntl
import os
import stat

from datatracing.capture import page

SUFFIX = ".spool"
LIMIT = 4 * 1024 * 1024
"""Bytes after which another file is begun."""
FIRST_ROOM, MORE_ROOM = 12 * 1024, 64 * 1024
"""Bytes of frames that are reserved at first, and each time that they are used up."""


_CANNOT_RESERVE = frozenset({errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS})
"""A file system that can only be written to."""


class SegmentGoneError(OSError):
    """The file was deleted, or its descriptor closed or taken by somebody else, behind our back."""


class Segment:
    """An open and locked file. Its numbers are the caller's to guard; `write` may be called by many threads at once."""

    def __init__(self, path: str, descriptor: int) -> None:
        self.path = path
        self.next = page.SIZE
        """Where the next frame goes."""
        self.room = page.SIZE
        """Where what is reserved ends."""
        self.users = 0
        """Threads that are writing."""
        self.final = False
        """Nothing more is begun in it."""
        self.slots: dict[tuple[str, str], int] = {}
        self.counts: dict[int, page.Count] = {}
        self._grows = False
        self._descriptor = descriptor
        self._identity = _identity(os.fstat(descriptor))
        _HELD.add(self)

    @classmethod
    def create(cls, path: str, now: int, size: int = 0) -> "Segment | None":
        """A new file with its page and room for so many bytes; None when the agent was faster to lock it. OSError
        otherwise."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            ours = lock(descriptor)
        except OSError:  # a file system without locks
            delete(path)
            os.close(descriptor)
            raise
        if not ours:
            os.close(descriptor)
            return None
        made = cls(path, descriptor)
        try:
            made.write(0, page.Head(now, os.getpid(), os.getuid()).encode())
            made._reserve(max(FIRST_ROOM, size))
        except BaseException:
            made.remove()
            raise
        return made

    def fits(self, size: int) -> bool:
        """Whether so many bytes are reserved."""
        return self.next + size <= self.room

    def may_grow(self, size: int) -> bool:
        """Whether the caller is to reserve them; one thread at a time, so the caller holds the lock. He uses the file
        from then on, since others may be done with it before he is."""
        if self._grows or self.next + size > LIMIT:
            return False
        self._grows = True
        self.users += 1
        return True

    def grow(self, size: int) -> None:
        """Reserve so many bytes more, on the disk and not only in the file's length. After `may_grow`."""
        try:
            self._reserve(max(size, MORE_ROOM))
        finally:
            self._grows = False

    def _reserve(self, size: int) -> None:
        self._check()
        try:
            os.posix_fallocate(self._descriptor, self.room, size)
        except (AttributeError, OSError) as error:
            if getattr(error, "errno", errno.EINVAL) not in _CANNOT_RESERVE:
                raise
            self.write(self.room, b"\0" * size)
        self.room += size

    def write(self, at: int, data: bytes) -> None:
        """All of it, or an OSError."""
        self._check()
        if os.pwrite(self._descriptor, data, at) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write_count(self, slot: int) -> None:
        """As it is now: a thread that was overtaken writes again, so the disk never stays behind."""
        while True:
            count = self.counts[slot]
            seen = count.emitted, sum(count.lost)
            self.write(page.place(slot), count.encode())
            if seen == (count.emitted, sum(count.lost)):
                return

    def close(self) -> None:
        """Let go: what was reserved and not used goes back, and the agent may take the file. An empty one goes."""
        if not self.counts:
            self.remove()
            return
        try:
            if self._found() is not None:
                os.ftruncate(self._descriptor, self.next)
        finally:
            self._let_go()

    def remove(self) -> None:
        """Delete the file, then let go."""
        try:
            if self._holds_name():
                delete(self.path)
        finally:
            self._let_go()

    def abandon(self) -> None:
        """In a forked child: its copy of the descriptor would keep the parent's lock alive."""
        if self._found() is not None:
            os.close(self._descriptor)
        self._forget()

    def _let_go(self) -> None:
        if self._found() is not None:
            # A child that was forked past Python has a copy of the descriptor, which would keep the lock.
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            os.close(self._descriptor)
        self._forget()

    def _forget(self) -> None:
        self._descriptor = -1
        _HELD.discard(self)

    def _check(self) -> None:
        found = self._found()
        if found is None:
            raise SegmentGoneError(errno.EBADF, "the spool file was closed by somebody else", self.path)
        if not found.st_nlink:
            raise SegmentGoneError(errno.ENOENT, "the spool file was deleted", self.path)

    def _found(self) -> os.stat_result | None:
        """Hosts that turn into daemons close every descriptor; the number may then stand for a file of theirs."""
        try:
            found = os.fstat(self._descriptor)
        except OSError:
            return None
        return found if _identity(found) == self._identity else None

    def _holds_name(self) -> bool:
        try:
            return _identity(os.lstat(self.path)) == self._identity
        except OSError:
            return False


def delete(path: str) -> None:
    """If it is there. Paths are plain texts in what a task does: the pages of each class that a fork uses for the first
    time have to be copied."""
    try:
        os.unlink(path)  # noqa: PTH108  # same
    except FileNotFoundError:
        return


def lock(descriptor: int) -> bool:
    """Whether this process owns the plain file from now on; it may have been deleted before it was locked."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    found = os.fstat(descriptor)
    return stat.S_ISREG(found.st_mode) and bool(found.st_nlink)


_HELD: set[Segment] = set()


def _let_go_of_the_parents() -> None:
    for segment in list(_HELD):
        segment.abandon()


os.register_at_fork(after_in_child=_let_go_of_the_parents)


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
