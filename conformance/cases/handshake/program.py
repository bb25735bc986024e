"""A handshake and the program around it."""

from harness.case import Recorder, Single, needs, octets, text
from harness.codec import encode
from harness.expect import arrived

HELLO, WELCOME = text("hello"), octets(b"welcome\x00\xff")


@needs("handshake", "leave")
def case_outlives_main_thread(single: Single, check: Recorder) -> None:
    """The main thread has nothing more to do and ends; the handshake still waits for its message.

    API-6: A library that runs the handshake in a thread of its own MUST carry it on when the
        program's main thread has ended.
    """
    answer = {"do": "send", "message": WELCOME.request()}
    # It does not end behind its answer: then the program would, perhaps before the answer is out.
    _, tester = single.meet(handshake=[{"do": "receive"}, answer, {"do": "hold"}])
    goes_on = single.peer.leave()
    check("API-6", goes_on, "the program goes on, for its handshake", "the program has ended")
    tester.send(encode(HELLO.frame()))
    wanted = encode(WELCOME.frame())
    got = arrived(tester, len(wanted))
    check("API-6", got == wanted, "the handshake answers", f"{len(got)} octets")
