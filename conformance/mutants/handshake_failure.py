"""Mutants that get the end of a handshake wrong: its failure, or that nobody is there any more."""

from __future__ import annotations

from conformance.mutants.sound import Sound


class FalseIsContent(Sound):
    """A handshake that returns false has completed all the same."""

    breaks = ("HAND-4",)

    def accepts(self, content: bool) -> bool:
        return super().accepts(True)

    def error_is_content(self) -> bool:
        with self.lock:
            self.handshake_failed()
        return False


class ErrorIsContent(Sound):
    """A handshake that fails with an error has completed all the same."""

    breaks = ("HAND-4",)

    def error_is_content(self) -> bool:
        return True


class FailureStaysOpen(Sound):
    """When the handshake fails, the connection stays open for ever."""

    breaks = ("HAND-4",)

    def handshake_failed(self) -> None:
        pass


class ErrorStaysOpen(Sound):
    """When the handshake fails with an error, the connection stays open for ever."""

    breaks = ("HAND-4",)
    failed = False

    def error_is_content(self) -> bool:
        self.failed = True
        return False

    def handshake_failed(self) -> None:
        if not self.failed:
            super().handshake_failed()


class LosesRefusal(Sound):
    """When the handshake fails, what it has written and was not sent yet is dropped."""

    breaks = ("HAND-5",)

    def handshake_failed(self) -> None:
        self.outbox.clear()
        super().handshake_failed()


class LosesLastWords(Sound):
    """When the handshake fails with an error, what it has written and was not sent is dropped."""

    breaks = ("HAND-5",)

    def error_is_content(self) -> bool:
        self.outbox.clear()
        return super().error_is_content()


class WaitsForTheDead(Sound):
    """The handshake does not notice that the other side has ended the connection."""

    breaks = ("HAND-6",)

    @property
    def active(self) -> bool:
        return super().active or (not self.complete_handshake and not self.local)

    @property
    def closeCause(self) -> str | None:
        return super().closeCause if self.complete_handshake or self.local else None


class ReadyForTheDead(Sound):
    """A handshake that has waited in vain becomes ready if it returns true."""

    breaks = ("HAND-6",)

    def accepts(self, content: bool) -> bool:
        return content


class RefusesTheDead(Sound):
    """A handshake that had all that it waits for fails if the other side has ended by then."""

    breaks = ("HAND-3", "END-3", "HAND-6")

    def accepts(self, content: bool) -> bool:
        return super().accepts(content) and self.far_end is None


class WaitsForTheClosed(Sound):
    """The handshake does not notice that its own application has closed the connection."""

    breaks = ("HAND-11",)

    @property
    def active(self) -> bool:
        return super().active or (not self.complete_handshake and self.local)

    @property
    def closeCause(self) -> str | None:
        return None if not self.complete_handshake and self.local else super().closeCause


class ReadyThoughClosed(Sound):
    """A handshake that returns true makes a connection ready that was closed meanwhile."""

    breaks = ("HAND-11",)

    def accepts(self, content: bool) -> bool:
        return content and (self.local or not self.starved)


class EndsWithMainThread(Sound):
    """The handshake ends with the main thread of its program, like everything else."""

    breaks = ("API-6",)
    daemon = True
