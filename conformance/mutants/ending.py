"""Mutants that get the end of a connection wrong: what it says, what it loses, what it leaves."""

from __future__ import annotations

import contextlib
import socket
import threading

from conformance.mutants.sound import Sound


class NeverNoticesEnd(Sound):
    """An end of the stream between two frames counts as nothing."""

    breaks = ("END-1",)
    deaf = False

    def stream_ended(self) -> None:
        if self.inside or self.cause is not None:
            super().stream_ended()
        self.deaf = True

    def wants_to_receive(self) -> bool:
        return super().wants_to_receive() and not self.deaf


class CleanEndIsError(Sound):
    """An end of the stream between two frames shows as one inside a frame."""

    breaks = ("END-1", "END-2")

    @property
    def inside(self) -> bool:
        return True


class TruncationLooksClean(Sound):
    """An end of the stream inside a frame shows as a clean one."""

    breaks = ("END-2",)

    def end_inside(self) -> str:
        return "the other side ended"


class HeaderTruncationLooksClean(Sound):
    """An end of the stream inside a header shows as a clean one."""

    breaks = ("END-2",)

    def end_inside(self) -> str:
        return "the other side ended" if self.payload is None else super().end_inside()


class PayloadMissingLooksClean(Sound):
    """An end of the stream between a header and its payload shows as a clean one."""

    breaks = ("END-2",)

    def end_inside(self) -> str:
        nothing = self.payload is not None and not self.payload
        return "the other side ended" if nothing else super().end_inside()


class ResetLooksClean(Sound):
    """A reset shows as a clean end."""

    breaks = ("END-6",)

    def reset(self) -> None:
        self.drop("the other side ended")


class ResetBetweenLooksClean(Sound):
    """A reset between two frames shows as a clean end."""

    breaks = ("END-6",)

    def reset(self) -> None:
        self.drop("reset" if self.inside else "the other side ended")


class MalformedLooksClean(Sound):
    """A malformed frame shows as a clean end."""

    breaks = ("END-11",)

    def malformed(self) -> None:
        self.drop("the other side ended")


class ForgetsAtEnd(Sound):
    """What is unread when the other side ends the stream is dropped."""

    breaks = ("END-3",)

    def stream_ended(self) -> None:
        self.forget_unread()
        super().stream_ended()


class ForgetsAtReset(Sound):
    """What is unread when the connection is reset is dropped."""

    breaks = ("END-3",)

    def reset(self) -> None:
        self.forget_unread()
        super().reset()


class ForgetsAtTruncation(Sound):
    """What is unread when the stream ends inside a frame is dropped."""

    breaks = ("END-3",)

    def end_inside(self) -> str:
        self.forget_unread()
        return super().end_inside()


class EndsWithOther(Sound):
    """When the other side has ended its stream, what is queued is dropped."""

    breaks = ("END-4",)

    def stream_ended(self) -> None:
        self.outbox.clear()
        super().stream_ended()


class LosesQueueAtClose(Sound):
    """What is queued when it is closed is dropped."""

    breaks = ("END-5",)

    def close(self) -> None:
        with self.lock:
            self.outbox.clear()
        super().close()


class ClosesHard(Sound):
    """When the transport has taken everything, it resets the connection instead of ending it.

    What is still on its way is destroyed by that.
    """

    breaks = ("END-5", "HAND-5")

    def send(self) -> None:
        super().send()
        if self.local and not self.outbox:
            self.dropped = True
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.sock.close()


class ClosesQueueInTwo(Sound):
    """Of what is queued when it is closed, the first frame is sent and the others are dropped."""

    breaks = ("END-5",)

    def close(self) -> None:
        with self.lock:
            while len(self.outbox) > 1:
                self.outbox.pop()
        super().close()


class DeliversBehindMalformed(Sound):
    """After a malformed frame, the next octet is taken for the beginning of a frame."""

    breaks = ("END-7", "FRAME-7", "TEXT-4")

    def malformed(self) -> None:
        self.anew()


class DeliversRestBehindMalformed(Sound):
    """After a malformed frame, what arrives is still delivered, and then the connection ends."""

    breaks = ("END-7",)
    marred = False

    def malformed(self) -> None:
        self.marred = True
        self.anew()

    def deliver(self, message: str | bytes) -> None:
        super().deliver(message)
        if self.marred:
            super().malformed()


class LastCauseWins(Sound):
    """What happens last to a connection is what it says as the cause of its end."""

    breaks = ("END-12",)

    def set_cause(self, cause: str) -> None:
        if self.cause is not None and cause != self.far_end:
            self.cause = cause
        super().set_cause(cause)

    def done(self) -> bool:
        dropped = self.dropped
        if dropped and self.cause == "reset":
            self.set_cause("the other side ended")
        return super().done()


class LeavesThread(Sound):
    """A thread of every connection stays behind it."""

    breaks = ("END-8",)

    def let_go(self) -> None:
        super().let_go()
        threading.Thread(target=threading.Event().wait, name="left-behind", daemon=True).start()


class LeavesDescriptor(Sound):
    """A descriptor of every connection stays behind it."""

    breaks = ("END-8",)
    kept: list[socket.socket] = []  # noqa: RUF012  # shared by all of them: that is the defect

    def let_go(self) -> None:
        with contextlib.suppress(OSError):
            self.kept.append(self.sock.dup())
        super().let_go()


class KeepsQueue(Sound):
    """What could not be sent stays in the queue for as long as the object is there."""

    breaks = ("END-8",)

    def sending_broke(self) -> None:
        self.kept = list(self.outbox)
        super().sending_broke()


class NeverLetsGo(Sound):
    """The socket of a connection that has ended stays open until the other side is gone, too."""

    breaks = ("END-8", "HAND-4", "TEXT-4", "FRAME-7")

    def let_go(self) -> None:
        self.outbox.clear()
        self.sock.detach()


class ClosesOnce(Sound):
    """A second close raises an error."""

    breaks = ("END-13",)
    closed = False

    def close(self) -> None:
        with self.lock:
            if self.closed:
                raise OSError("closed already")
            self.closed = True
        super().close()


class EndsOnce(Sound):
    """A close of a connection that has ended by itself raises an error."""

    breaks = ("END-13",)

    def close(self) -> None:
        ended = self.finished.is_set() and not self.local
        super().close()
        if ended:
            raise OSError("not connected")
