"""The sender of `bench.receiver`: signed events at a constant rate over kept connections.

A process of its own, so that its work is not counted as the receiver's. Open loop: an event is due
at its time whether or not the one before was answered, and its latency counts from then. Everything
is signed before the clock starts.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hmac
import json
import sys
import time
from collections import Counter, deque
from urllib.parse import urlsplit

import uvloop

TICK = 0.001


class _Connection(asyncio.Protocol):
    """One kept connection: one request at a time."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._number = -1
        self._due = 0.0
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._load.idle.append(self)

    def send(self, number: int, due: float) -> None:
        self._number, self._due = number, due
        self._transport.write(self._load.requests[number])  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        self._answer = b""
        self._load.answered(self._number, int(head[9:12]), self._due)
        self._load.free(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.lost += 1


class _Load:
    def __init__(self, requests: list[bytes]) -> None:
        self.requests = requests
        self.idle: deque[_Connection] = deque()
        self.waiting: deque[tuple[int, float]] = deque()
        self.statuses: Counter[int] = Counter()
        self.latencies: list[float] = []
        self.accepted: list[int] = []
        self.most_waiting = 0
        self.lost = 0

    def answered(self, number: int, status: int, due: float) -> None:
        self.latencies.append(time.perf_counter() - due)
        self.statuses[status] += 1
        if status == 202:
            self.accepted.append(number)

    def free(self, connection: _Connection) -> None:
        if self.waiting:
            connection.send(*self.waiting.popleft())
        else:
            self.idle.append(connection)

    async def run(self, host: str, port: int, connections: int, rate: float) -> float:
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            await loop.create_connection(lambda: _Connection(self), host, port)
        begun = time.perf_counter() + 0.1
        next_one = 0
        while next_one < len(self.requests):
            now = time.perf_counter()
            while next_one < len(self.requests) and begun + next_one / rate <= now:
                due = begun + next_one / rate
                if self.idle:
                    self.idle.popleft().send(next_one, due)
                else:
                    self.waiting.append((next_one, due))
                    self.most_waiting = max(self.most_waiting, len(self.waiting))
                next_one += 1
            await asyncio.sleep(TICK)
        sent_within = time.perf_counter() - begun
        limit = time.perf_counter() + 30
        while len(self.latencies) < len(self.requests) and time.perf_counter() < limit:
            await asyncio.sleep(0.01)
        return sent_within


def _request(target: str, host: str, key: bytes, run: str, number: int, now: int) -> bytes:
    event_id = f"{run}-{number}"
    body = json.dumps(
        {
            "eventId": event_id,
            "eventType": "form_submitted" if number % 10 == 0 else "email_opened",
            "prospectId": 1_000_000 + number % 100_000,
            "occurredAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
            "formId": 77,
            "score": number % 90,
        }
    ).encode()
    signed = f"{event_id}.{now}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    head = (
        f"POST {target} HTTP/1.1\r\nhost: {host}\r\nuser-agent: bench\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        f"webhook-id: {event_id}\r\nwebhook-timestamp: {now}\r\n"
        f"webhook-signature: v1,{signature}\r\n\r\n"
    )
    return head.encode() + body


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.receiver_load")
    parser.add_argument("--url", required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--run", required=True, help="begins every event id")
    options = parser.parse_args()
    key = base64.b64decode(sys.stdin.readline().strip().removeprefix("whsec_"))
    url = urlsplit(options.url)
    now = int(time.time())
    requests = [
        _request(url.path, url.netloc, key, options.run, number, now)
        for number in range(int(options.rate * options.seconds))
    ]
    load = _Load(requests)
    cpu = time.process_time()
    sent_within = uvloop.run(
        load.run(str(url.hostname), int(url.port or 80), options.connections, options.rate)
    )
    cpu = time.process_time() - cpu
    ordered = sorted(load.latencies)
    document = {
        "sent": len(requests),
        "sent_within_seconds": round(sent_within, 3),
        "statuses": {str(status): number for status, number in load.statuses.items()},
        "milliseconds": {
            name: round(ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000, 2)
            for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
        },
        "most_waiting_for_a_connection": load.most_waiting,
        "sender_cpu_seconds": round(cpu, 2),
        "accepted": load.accepted,
    }
    print(json.dumps(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
