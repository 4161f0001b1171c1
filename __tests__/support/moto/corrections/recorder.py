"""The recorder appends from many threads, and a large record is more than one write: two would run together."""

import threading

from moto.moto_api._internal.recorder.models import Recorder

lock = threading.Lock()
record = Recorder._record_request


def one_at_a_time(self, *args, **kwargs):
    with lock:
        return record(self, *args, **kwargs)


Recorder._record_request = one_at_a_time
