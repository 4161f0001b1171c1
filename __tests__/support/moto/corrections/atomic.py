"""AWS looks at a condition and writes in one step. moto answers each request in a thread of its own and has a gap between
the two: of ten callers that want a lease two get it, once in fifty times. EC2 has the same gap between looking for a
client token and launching. So each of these services answers one request after the other.
"""

import threading

from moto.dynamodb.responses import DynamoHandler
from moto.ec2.responses import EC2Response


def one_at_a_time(service):
    lock = threading.RLock()
    call = service.call_action

    def locked(self):
        with lock:
            return call(self)

    service.call_action = locked


one_at_a_time(DynamoHandler)
one_at_a_time(EC2Response)
