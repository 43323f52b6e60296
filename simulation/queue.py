"""A storage queue by the rules of the service and of the functions host's listener."""

from __future__ import annotations

from dataclasses import dataclass, field

LEASE = 600.0


@dataclass(eq=False)
class Message:
    """visible: when it can be received next. tries: how often it was."""

    text: str
    visible: float
    tries: int = 0
    receipt: int = 0


@dataclass
class Queue:
    """taken: the texts of what was deleted; two messages may be alike."""

    messages: list[Message] = field(default_factory=list)
    receipts: int = 0
    taken: set[str] = field(default_factory=set)

    def put(self, text: str, now: float) -> Message:
        message = Message(text, now)
        self.messages.append(message)
        return message

    def receive(self, now: float) -> Message | None:
        """The oldest that can be seen; nobody else sees it for ten minutes."""
        for message in self.messages:
            if message.visible <= now:
                message.visible = now + LEASE
                message.tries += 1
                self.receipts += 1
                message.receipt = self.receipts
                return message
        return None

    def delete(self, message: Message, receipt: int) -> bool:
        """False where somebody else has received it meanwhile."""
        if message.receipt != receipt or message not in self.messages:
            return False
        self.messages.remove(message)
        self.taken.add(message.text)
        return True

    def show_again(self, message: Message, receipt: int, at: float) -> None:
        if message.receipt == receipt and message in self.messages:
            message.visible = at
