"""A runner that a test holds in its hands."""

from BratsSegmenterLib.widgets.signal import Signal


class ScriptedRunner:
    """Remembers the jobs; the test says how they end."""

    def __init__(self):
        self.progressed, self.ended = Signal(), Signal()
        self.jobs, self.secrets, self.is_running, self.was_cancelled = [], [], False, False

    def start(self, job, secrets):
        self.jobs.append(job)
        self.secrets.append(secrets)
        self.is_running = True

    def end(self, outcome):
        self.is_running = False
        self.ended.emit(outcome)

    def cancel(self):
        self.was_cancelled = True

    def shut_down(self):
        self.is_running = False
