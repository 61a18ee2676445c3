"""Who pressed Stop. A run looks here between two steps and concludes with what it has."""

import threading


class Stops:
    """Sessions that asked one kind of run to stop. Gradio's `cancels=` would drop the generator and its honest end."""

    def __init__(self) -> None:
        self._stopping: set[str] = set()
        self._lock = threading.Lock()

    def stop(self, session: str) -> None:
        with self._lock:
            self._stopping.add(session)

    def stopped(self, session: str) -> bool:
        with self._lock:
            return session in self._stopping

    def forget(self, session: str) -> None:
        with self._lock:
            self._stopping.discard(session)
