"""A wire log as a pcapng file for Wireshark; `segments` says what is in it and what is made up."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from pathlib import Path

from dpkt import ethernet, ip, ip6, pcapng, tcp

from harness.story.logfile import CaseLog
from harness.story.segments import Leg, Segment, legs_of, segments_of

#: The option of an interface that says the unit of its times, and its value for nanoseconds.
NANOSECONDS = b"\x09"
#: Initial sequence numbers; each end has its own, so that a mixed-up direction is seen.
NUMBERS = {True: 1_000_000, False: 5_000_000}
STATIONS = {True: b"\x02\0\0\0\0\x01", False: b"\x02\0\0\0\0\x02"}
FLAGS = {"S": tcp.TH_SYN, "F": tcp.TH_FIN, "R": tcp.TH_RST, "P": tcp.TH_PUSH, "A": tcp.TH_ACK}
#: Where a packet block has the length that the packet had on the wire.
LENGTH_AT = 24
WINDOW = 65535


class NothingToShow(Exception):
    """The log has no connection."""


def write(log: CaseLog, path: Path) -> int:
    """Write the case as a capture; return how many packets it has. A file there is replaced.

    Times count from the beginning of the case. OSError if it cannot be written; `NothingToShow`.
    """
    legs = legs_of(log)
    if not legs:
        raise NothingToShow(f"{log.header.id}: no connection was made, so there is nothing to show")
    blocks = list(_blocks(log, legs))
    path.write_bytes(b"".join(blocks))
    return len(blocks) - len(legs) - 1


def _options(*given: tuple[int, bytes]) -> list[pcapng.PcapngOptionLE]:
    """Options of a block; the format wants a mark behind the last one."""
    ended = (*given, (pcapng.PCAPNG_OPT_ENDOFOPT, b"")) if given else ()
    return [pcapng.PcapngOptionLE(code=code, data=data) for code, data in ended]


def _comments(texts: list[str]) -> list[pcapng.PcapngOptionLE]:
    # A lone surrogate, as a peer may have printed it, is no text for anybody else.
    return _options(*(
        (pcapng.PCAPNG_OPT_COMMENT, one.encode("utf-8", "replace")) for one in texts
    ))


def _blocks(log: CaseLog, legs: list[Leg]) -> Iterator[bytes]:
    header = log.header
    told = [header.id, *(f"{clause}: {sentence}" for clause, sentence in header.clauses)]
    yield bytes(pcapng.SectionHeaderBlockLE(opts=_comments(told)))
    for leg in legs:
        options = _options(
            (pcapng.PCAPNG_OPT_IF_NAME, leg.name.encode()),
            (pcapng.PCAPNG_OPT_IF_TSRESOL, NANOSECONDS),
        )
        yield bytes(pcapng.InterfaceDescriptionBlockLE(snaplen=0, opts=options))
    for one in segments_of(log):
        yield _block(one, legs[one.leg], max(0, one.ns - header.ns))


def _block(segment: Segment, leg: Leg, ns: int) -> bytes:
    whole = _packet(segment, leg)
    missing = segment.length - len(segment.octets)
    block = pcapng.EnhancedPacketBlockLE(
        iface_id=segment.leg, ts_high=ns >> 32, ts_low=ns & 0xFFFFFFFF,
        pkt_data=whole[: len(whole) - missing],
        opts=_comments(segment.comments),
    )
    written = bytearray(bytes(block))
    # dpkt takes what was captured for all that there was; of a late chunk only its head was kept.
    struct.pack_into("<I", written, LENGTH_AT, len(whole))
    return bytes(written)


def _packet(segment: Segment, leg: Leg) -> bytes:
    """The whole frame, with zeros for octets that were not kept; dpkt sees to the checksums."""
    forward = segment.forward
    (host, port), (far, far_port) = (
        (leg.opener, leg.other) if forward else (leg.other, leg.opener)
    )
    syn = "S" in segment.flags
    part = tcp.TCP(
        sport=port, dport=far_port, win=WINDOW, flags=sum(FLAGS[one] for one in segment.flags),
        seq=(NUMBERS[forward] + segment.at + (not syn)) & 0xFFFFFFFF,
        ack=(NUMBERS[not forward] + 1 + segment.acknowledged) & 0xFFFFFFFF
        if "A" in segment.flags else 0,
        data=segment.octets.ljust(segment.length, b"\0"),
    )
    source, target = ipaddress.ip_address(host), ipaddress.ip_address(far)
    if source.version == 4:
        kind = ethernet.ETH_TYPE_IP
        inner = ip.IP(src=source.packed, dst=target.packed, p=ip.IP_PROTO_TCP, data=part)
        inner.len = len(inner)
    else:
        kind = ethernet.ETH_TYPE_IP6
        inner = ip6.IP6(src=source.packed, dst=target.packed, nxt=ip.IP_PROTO_TCP, hlim=64,
                        data=part, plen=len(part))
    return bytes(ethernet.Ethernet(
        src=STATIONS[forward], dst=STATIONS[not forward], type=kind, data=inner
    ))
