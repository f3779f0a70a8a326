"""The content of talks: messages from a seed, and their answers."""

import random

CLOSE_REQUEST = "close, please"
CLOSE_CODE, CLOSE_REASON = 4001, "as you wish"

_SYLLABLES = ["wa", "ter", "tea", " ", "é", "ß", "茶", "☕", "👋", "\n", "\"", "o"]
# Around the sizes at which the form of the length changes, and around the size of a segment.
_SIZES = [0, 1, 125, 126, 127, 1448, 1460, 4000, 65535, 65536]


class Words:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def message(self):
        size = self.random.choice(_SIZES) if self.random.random() < 0.15 else self.random.randint(1, 400)
        return self._text(size) if self.random.random() < 0.5 else self.random.randbytes(size)

    def _text(self, size):
        text = "".join(self.random.choices(_SYLLABLES, k=size // 2 + 1))
        return text.encode()[:size].decode(errors="ignore")


def answer(payload):
    """A server's answer: changed words, so that the directions cannot be confused."""
    return payload.swapcase() + "!" if isinstance(payload, str) else payload[::-1] + b"!"


def pieces(payload, count):
    """A message in this many fragments, some of which may be empty."""
    size = len(payload) // count + 1
    return [payload[index * size:(index + 1) * size] for index in range(count)]
