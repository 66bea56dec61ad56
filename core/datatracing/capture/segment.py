"""One file of the spool, held by the process that writes or ships it.

Whoever holds the lock (flock) of the file owns it. The lock ends with the process, however that dies, and is the only
sign of life there is. Nobody appends to a file of which shipping has begun: what is in it is then final, so sending it
again after a crash makes the same batches, and the store recognises them.
"""

import errno
import fcntl
import os
import stat
from pathlib import Path

EVENTS = ".events"
LOSSES = ".losses"
DRAFT = ".draft"
"""Half-made; worth nothing once its maker is dead."""


class SegmentGoneError(OSError):
    """The file was deleted, or its descriptor closed or taken by somebody else, behind our back."""


class Segment:
    """An open and locked file. Not safe to use from several threads at once."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._identity = _identity(os.fstat(descriptor))
        _HELD.add(self)
        self.size = os.fstat(descriptor).st_size
        """Bytes in the file."""

    @property
    def producer(self) -> str:
        """Whose file it is."""
        return self.path.name.partition("-")[0]

    @classmethod
    def create(cls, path: Path) -> "Segment | None":
        """A new, empty file; None when an adopter was faster to lock it than we were. OSError otherwise."""
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW
        return cls._locked(path, os.open(path, flags, 0o600))

    @classmethod
    def adopt(cls, path: Path) -> "Segment | None":
        """The file of somebody else; None when its owner lives, or it is gone, or it is not a plain file of ours."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        return cls._locked(path, descriptor)

    @classmethod
    def _locked(cls, path: Path, descriptor: int) -> "Segment | None":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found = os.fstat(descriptor)
            # Between opening and locking an adopter may have taken the file and removed it.
            if stat.S_ISREG(found.st_mode) and found.st_nlink:
                return cls(path, descriptor)
        except BlockingIOError:
            pass
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def append(self, data: bytes) -> None:
        """All of it or nothing: after an OSError the file ends where it ended before."""
        self._check()
        written = os.write(self._descriptor, data)
        if written < len(data):
            # Never back to a remembered size: a signal handler may have appended in between.
            os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.size += written

    def read(self) -> bytes:
        """The whole content, even of a file that was deleted in the meantime."""
        if self._found() is None:
            raise SegmentGoneError(errno.EBADF, "the spool file was closed by somebody else", str(self.path))
        parts, at = [], 0
        while part := os.pread(self._descriptor, 1 << 20, at):
            parts.append(part)
            at += len(part)
        return b"".join(parts)

    def replaced(self, data: bytes) -> "Segment":
        """A file of the same name that holds only `data`. On OSError this one stays as it is; else it is let go."""
        fresh = Segment.create(self.path.with_suffix(DRAFT))
        if fresh is None:
            raise SegmentGoneError(errno.EAGAIN, "the draft of a spool file was taken", str(self.path))
        try:
            fresh.append(data)
            fresh.move(self.path)
        except OSError:
            fresh.remove()
            raise
        self.close()
        return fresh

    def move(self, path: Path) -> None:
        """Another name, in place of any file that has it. The lock stays."""
        self.path.replace(path)
        self.path = path

    def remove(self) -> None:
        """Delete the file, then let go: in this order, or an adopter would ship it again."""
        if self._holds_name():
            self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let go."""
        if self._found() is not None:
            os.close(self._descriptor)
        self._descriptor = -1
        _HELD.discard(self)

    def _check(self) -> None:
        found = self._found()
        if found is None:
            raise SegmentGoneError(errno.EBADF, "the spool file was closed by somebody else", str(self.path))
        if not found.st_nlink:
            raise SegmentGoneError(errno.ENOENT, "the spool file was deleted", str(self.path))

    def _found(self) -> os.stat_result | None:
        """Hosts that turn into daemons close every descriptor; the number may then stand for a file of theirs."""
        try:
            found = os.fstat(self._descriptor)
        except OSError:
            return None
        return found if _identity(found) == self._identity else None

    def _holds_name(self) -> bool:
        try:
            return _identity(self.path.lstat()) == self._identity
        except OSError:
            return False


_HELD: set[Segment] = set()


def _let_go_of_the_parents() -> None:
    """In a forked child. Closing its copies leaves the parent's locks alone; keeping them would outlive the parent."""
    for segment in list(_HELD):
        segment.close()


os.register_at_fork(after_in_child=_let_go_of_the_parents)


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
