import socket
import sys
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, NamedTuple

from typing_extensions import Self

from stockings.errors import (
    HandshakeFailed as HandshakeFailed,
)
from stockings.errors import (
    MessageTooLarge as MessageTooLarge,
)
from stockings.errors import (
    NotReady as NotReady,
)
from stockings.errors import (
    ProtocolError as ProtocolError,
)
from stockings.errors import (
    StockingBroken as StockingBroken,
)
from stockings.errors import (
    StockingClosed as StockingClosed,
)
from stockings.errors import (
    StockingError as StockingError,
)
from stockings.errors import (
    StockingTimeout as StockingTimeout,
)
from stockings.errors import (
    TruncatedMessage as TruncatedMessage,
)

__version__: str
__all__ = [
    "Stocking",
    "SelectStocking",
    "Stats",
    "StockingError",
    "NotReady",
    "HandshakeFailed",
    "StockingClosed",
    "StockingBroken",
    "ProtocolError",
    "MessageTooLarge",
    "TruncatedMessage",
    "StockingTimeout",
]
if sys.platform != "win32":
    __all__ += ["PollStocking"]

class Stats(NamedTuple):
    messagesSent: int
    messagesReceived: int
    bytesSent: int
    bytesReceived: int
    sendCalls: int
    partialSends: int
    refusedSends: int
    recvCalls: int
    wakeups: int
    peakQueuedBytes: int
    peakUnreadBytes: int

class _BaseStocking:
    maxMessageSize: int | None
    recvHighWater: int | None
    sendHighWater: int | None
    writeTimeout: float | None
    linger: float | None
    sock: socket.socket
    addr: Any
    def __init__(self, sock: socket.socket) -> None: ...
    # No fixed signature: an override takes whatever arguments write() is to take.
    preWrite: Callable[..., Any]
    def postRead(self, message: Any) -> Any: ...
    def handshake(self) -> Any: ...
    def write(self, *args: Any, **kwargs: Any) -> None: ...
    def read(self, timeout: float | None = 0) -> Any: ...
    def _write(self, message: str | bytes | bytearray | memoryview) -> None: ...
    def _read(self, timeout: float | None = 0) -> str | bytes | None: ...
    @property
    def active(self) -> bool: ...
    @property
    def handshakeComplete(self) -> Any: ...
    @property
    def closeCause(self) -> str | None: ...
    @property
    def closeError(self) -> BaseException | None: ...
    @property
    def queuedBytes(self) -> int: ...
    @property
    def unreadBytes(self) -> int: ...
    def writeDataQueued(self) -> bool: ...
    def flush(self, timeout: float | None = None) -> bool: ...
    def fileno(self) -> int: ...
    def waitReady(self, timeout: float | None = None) -> bool: ...
    def waitMessage(self, timeout: float | None = None) -> bool: ...
    def waitClosed(self, timeout: float | None = None) -> bool: ...
    def stats(self) -> Stats: ...
    def closeWrite(self) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...
    def is_alive(self) -> bool: ...
    def isAlive(self) -> bool: ...
    def join(self, timeout: float | None = None) -> None: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def __del__(self) -> None: ...

class SelectStocking(_BaseStocking): ...

# Where select.poll is missing, PollStocking is too, and Stocking is SelectStocking.
if sys.platform == "win32":
    Stocking = SelectStocking
else:
    class PollStocking(_BaseStocking): ...
    Stocking = PollStocking
