"""How much memory the parts of all running uploads may hold together."""

from __future__ import annotations

from types import TracebackType

DEFAULT_BUDGET = 24 << 20
UPLOAD_COST = 3 << 20
"""What a run with an upload holds beside its parts, about: the more there are, the less is left for parts."""


class PartBudget:
    """Bytes of part buffers shared by every upload of the process; used from one event loop.

    There is deliberately no waiting here. An upload that waited for memory while its dump waits
    for it could wait for ever: the memory may be held by uploads of the same dumps, each waiting
    for its own half-filled part to go on. So an upload that gets nothing waits only for parts of
    its own that are on the wire, which end by themselves, and without any it uses a file.
    """

    def __init__(self, capacity: int, upload_cost: int = 0) -> None:
        """Each upload but the first takes `upload_cost` off the capacity."""
        self.capacity = capacity
        self._upload_cost = upload_cost
        self._leases: set[Lease] = set()

    @property
    def used(self) -> int:
        """Return the bytes granted at present."""
        return sum(lease.held for lease in self._leases)

    def lease(self) -> Lease:
        """Return the account of one upload; it counts as active from `with` to its end."""
        return Lease(self)

    def enter(self, lease: Lease) -> None:
        """Count the upload as active: the others' fair share shrinks."""
        self._leases.add(lease)

    def leave(self, lease: Lease) -> None:
        """Forget the upload and what it still held."""
        self._leases.discard(lease)

    def grants(self, lease: Lease, size: int) -> bool:
        """Tell whether the upload may hold `size` more: there is room, and it is within its share.

        The share is an equal part of the whole, but never less than one part.
        """
        uploads = max(1, len(self._leases))
        room = self.capacity - (uploads - 1) * self._upload_cost
        fair = lease.held == 0 or lease.held + size <= room // uploads
        return fair and self.used + size <= room


class Lease:
    """What one upload holds of the budget."""

    def __init__(self, budget: PartBudget) -> None:
        self._budget = budget
        self.held = 0

    def __enter__(self) -> Lease:
        self._budget.enter(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._budget.leave(self)

    def take(self, size: int) -> bool:
        """Take `size` bytes if they are to be had; never waits."""
        if not self._budget.grants(self, size):
            return False
        self.held += size
        return True

    def give_back(self, size: int) -> None:
        """Return what `take` gave."""
        self.held -= size


SHARED_BUDGET = PartBudget(DEFAULT_BUDGET, UPLOAD_COST)
"""The process's budget: five uploads must fit under its memory limit whoever started them."""
