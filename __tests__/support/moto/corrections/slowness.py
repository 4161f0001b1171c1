"""Makes a service slow while a test wants it: the file that MOTO_SLOWNESS names holds seconds by service, as JSON."""

import json
import os
import re
import time

from moto.moto_server.werkzeug_app import DomainDispatcherApplication

FILE = os.environ.get("MOTO_SLOWNESS")
# Out of the signature's scope, `<key>/<date>/<region>/<service>/aws4_request`.
SERVICE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")

answer = DomainDispatcherApplication.__call__


def seconds_for(environ):
    found = SERVICE.search(environ.get("HTTP_AUTHORIZATION", ""))
    try:
        with open(FILE) as file:
            return json.load(file).get(found.group(1), 0) if found else 0
    except (OSError, ValueError):
        return 0


def answer_slowly(self, environ, start_response):
    time.sleep(seconds_for(environ))
    return answer(self, environ, start_response)


if FILE:
    DomainDispatcherApplication.__call__ = answer_slowly
