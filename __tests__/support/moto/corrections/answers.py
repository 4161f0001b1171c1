"""EC2 describes 500 instances in well under a second. moto takes seconds to write that answer on a busy machine, longer than
the function waits. Where MOTO_KEEPS_ANSWERS is set, what DescribeInstances answered is answered again until anything else
is asked of EC2 that could change it; not for tests in which states change by themselves.
"""

import os

from moto.ec2.responses import EC2Response

answer = EC2Response.call_action
kept = {}


def answered_before(self):
    action = self._get_action()
    if action != "DescribeInstances":
        if not action.startswith("Describe"):
            kept.clear()
        return answer(self)
    key = (self.current_account, self.region, repr(sorted(self.params.items(), key=str)))
    if key not in kept:
        kept[key] = answer(self)
    status, headers, body = kept[key]
    return status, dict(headers), body


if os.environ.get("MOTO_KEEPS_ANSWERS"):
    EC2Response.call_action = answered_before
