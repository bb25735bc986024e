import socket

__all__ = [
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

class StockingError(Exception): ...
class NotReady(StockingError): ...

class HandshakeFailed(NotReady):
    cause: str | None
    error: BaseException | None
    def __init__(
        self,
        message: str = "the handshake failed",
        cause: str | None = None,
        error: BaseException | None = None,
    ) -> None: ...

class StockingClosed(StockingError, EOFError):
    cause: str | None
    error: BaseException | None
    def __init__(
        self,
        message: str = "the connection has ended",
        cause: str | None = None,
        error: BaseException | None = None,
    ) -> None: ...

class StockingBroken(StockingClosed): ...
class ProtocolError(StockingError, ValueError): ...

class MessageTooLarge(ProtocolError):
    size: int | None
    limit: int | None
    def __init__(
        self,
        message: str = "the message is too large",
        size: int | None = None,
        limit: int | None = None,
    ) -> None: ...

class TruncatedMessage(ProtocolError):
    received: int | None
    expected: int | None
    def __init__(
        self,
        message: str = "the stream ended inside a message",
        received: int | None = None,
        expected: int | None = None,
    ) -> None: ...

class StockingTimeout(StockingError, socket.timeout): ...

def again(error: StockingError) -> StockingError: ...
