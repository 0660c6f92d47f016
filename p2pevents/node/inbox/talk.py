"""One conversation of the inbox protocol, from either side: bytes in, messages and bytes out.

Sans-IO, and without a clock: whoever holds the stream bounds how long it takes.

    asking     opening --hello--> idle --ask--> waiting --answer--> idle
    answering  opening --hello--> idle --question--> answering --answer--> idle
"""

from __future__ import annotations

from typing import Final

from p2pevents.errors import ProtocolError
from p2pevents.node.inbox.messages import (
    MESSAGE_BYTES_MAX,
    Answer,
    Ask,
    Collect,
    Hello,
    Letter,
    Message,
    Noted,
    Page,
    Question,
    Receipts,
    States,
    Taken,
    decode_message,
    encode_message,
)
from p2pevents.sync.frames import FrameReader, encode_frame

__all__ = ["QUESTIONS_MAX", "Answering", "Asking"]

QUESTIONS_MAX: Final = 64  # of one conversation

_ANSWERS: Final[dict[type[Message], type[Message]]] = {
    Letter: Taken,
    Ask: States,
    Collect: Page,
    Receipts: Noted,
}


class _Talk:
    """What both sides have in common: frames, and the hello that comes first."""

    def __init__(self, *, network: str) -> None:
        self._network = network
        self._frames = FrameReader()
        self._is_open = False

    def _messages(self, data: bytes) -> list[Message]:
        """Return the messages that these bytes complete; the first of a side is its hello.

        Raises:
            ProtocolError: whatever is wrong with them.
        """
        messages: list[Message] = []
        for frame in self._frames.feed(data):
            if len(frame) > MESSAGE_BYTES_MAX:
                raise ProtocolError("message-cbor", f"{len(frame)} bytes")
            message = decode_message(frame)
            if self._is_open == isinstance(message, Hello):
                raise ProtocolError("message-turn", "a hello comes first, and once")
            if isinstance(message, Hello):
                if message.network != self._network:
                    raise ProtocolError("hello-network", "is on another network")
                self._is_open = True
                continue
            messages.append(message)
        return messages

    def _hello(self) -> bytes:
        return encode_frame(encode_message(Hello(network=self._network)))


class Answering(_Talk):
    """The side that was called: it answers each question, in order, one at a time."""

    def __init__(self, *, network: str) -> None:
        super().__init__(network=network)
        self._asked = 0
        self._has_greeted = False

    def receive(self, data: bytes) -> list[Question]:
        """Take the next bytes, and return the questions that they complete.

        Raises:
            ProtocolError: no honest peer sends these.
        """
        questions: list[Question] = []
        for message in self._messages(data):
            if not isinstance(message, Letter | Ask | Collect | Receipts):
                raise ProtocolError("message-turn", "an answer, where questions are asked")
            self._asked += 1
            if self._asked > QUESTIONS_MAX:
                raise ProtocolError("message-turn", f"more than {QUESTIONS_MAX} questions")
            questions.append(message)
        return questions

    def greeting(self) -> bytes:
        """Return what is to be sent once the other side's hello has come; nothing before."""
        if not self._is_open or self._has_greeted:
            return b""
        self._has_greeted = True
        return self._hello()

    def answer(self, answer: Answer) -> bytes:
        """Return the bytes of an answer to the oldest question without one."""
        return encode_frame(encode_message(answer))


class Asking(_Talk):
    """The side that calls: one question at a time."""

    def __init__(self, *, network: str) -> None:
        super().__init__(network=network)
        self._awaited: type[Message] | None = None
        self._asked = 0

    def start(self) -> bytes:
        """Return the first bytes to send."""
        return self._hello()

    @property
    def is_open(self) -> bool:
        """Whether the other side has greeted."""
        return self._is_open

    @property
    def may_ask(self) -> bool:
        """Whether one more question fits into this conversation."""
        return self._asked < QUESTIONS_MAX

    def ask(self, question: Question) -> bytes:
        """Return the bytes of a question; its answer is the next message to come."""
        self._awaited = _ANSWERS[type(question)]
        self._asked += 1
        return encode_frame(encode_message(question))

    def receive(self, data: bytes) -> Answer | None:
        """Take the next bytes, and return the answer where they complete it.

        Raises:
            ProtocolError: no honest peer sends these.
        """
        messages = self._messages(data)
        if not messages:
            return None
        (message, *more) = messages
        if not isinstance(message, Taken | States | Page | Noted):
            raise ProtocolError("message-turn", "a question, where answers are due")
        if more or type(message) is not self._awaited:
            raise ProtocolError("message-turn", "not the answer to what was asked")
        self._awaited = None
        return message
