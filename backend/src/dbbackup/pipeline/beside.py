"""Looking at bytes on their way in another thread than the one that compresses and encrypts them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, wait

from dbbackup.pipeline.stream import Transform


class Beside:
    """Has transforms that pass on what they get look at a chunk while the stages behind them work on the same one.

    Hashing bytes and counting their rows takes as long as compressing them. A chunk is done when both are: none is
    kept, so memory is what it was, and a chunk that was only lent may be taken back.
    """

    def __init__(self, watchers: Sequence[Transform], executor: Executor) -> None:
        """Take watchers, whose `update` gives the chunk and whose `finish` nothing, and threads to run them in."""
        self._watchers = watchers
        self._executor = executor

    def update(self, chunk: bytes) -> Iterator[bytes]:
        """Pass the chunk on; raises what a watcher raises, when the stages behind are done with it."""
        looking = self._executor.submit(self._look, chunk)
        try:
            yield chunk
        finally:
            wait((looking,))
        looking.result()

    def finish(self) -> Iterable[bytes]:
        """Give nothing; raises what a watcher raises."""
        for watcher in self._watchers:
            yield from watcher.finish()

    def _look(self, chunk: bytes) -> None:
        for watcher in self._watchers:
            for _ in watcher.update(chunk):
                pass
