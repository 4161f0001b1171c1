"""On EC2 an instance is `pending` for a while before it runs, and `shutting-down` before it is `terminated`. In moto it
runs when it is first looked at, and is terminated at once. Seconds by environment; none unless they are set.
"""

import os
import threading

from moto.ec2.models.instances import Instance

LAUNCH = float(os.environ.get("MOTO_LAUNCH_SECONDS", "0"))
SHUTDOWN = float(os.environ.get("MOTO_SHUTDOWN_SECONDS", "0"))
PENDING, RUNNING = ("pending", 0), ("running", 16)
SHUTTING_DOWN, TERMINATED = ("shutting-down", 32), ("terminated", 48)

make = Instance.__init__
end = Instance.terminate


def become(instance, state):
    instance._state.name, instance._state.code = state


def later(seconds, run):
    timer = threading.Timer(seconds, run)
    timer.daemon = True
    timer.start()


def made_pending(self, *args, **kwargs):
    make(self, *args, **kwargs)
    become(self, PENDING)
    later(LAUNCH, lambda: become(self, RUNNING) if self._state.name == "pending" else None)


def ended_slowly(self):
    # Asked for twice, as a caller may that has lost the answer: the second time changes nothing.
    if self._state.name in ("shutting-down", "terminated"):
        return type(self._state)(self._state.name, self._state.code)
    previous = end(self)
    become(self, SHUTTING_DOWN)
    later(SHUTDOWN, lambda: become(self, TERMINATED))
    return previous


if LAUNCH > 0:
    Instance.__init__ = made_pending
if SHUTDOWN > 0:
    Instance.terminate = ended_slowly
