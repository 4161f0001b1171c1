"""RunInstances as EC2 documents it.

* `MaxCount`: EC2 launches as many as it can, up to it. moto launches `MinCount`.
* `ClientToken`: the same request again launches nothing and answers what the first one launched; with other parameters it
  is refused, and so it is once all that it launched has ended. moto launches again.
  https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
"""

import json

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses.instances import InstanceResponse

launch = InstanceResponse.run_instances
launched = {}


def zone_of(response):
    subnet = response._get_param("SubnetId")
    return response.ec2_backend.get_subnet(subnet).availability_zone if subnet else None


def recalled(before, parameters):
    asked, answer = before
    if asked != parameters:
        raise EC2ClientError(
            "IdempotentParameterMismatch",
            "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
        )
    if all(instance.state == "terminated" for instance in answer.result.instances):
        raise EC2ClientError(
            "IdempotentInstanceTerminated",
            "The client token you have provided is associated with a resource that is already terminated.",
        )
    return answer


def launch_once(self):
    token = self._get_param("ClientToken")
    # A token holds for one zone: in another one it launches again.
    key = (self.current_account, self.region, zone_of(self), token)
    parameters = json.dumps({k: v for k, v in self.params.items() if k != "ClientToken"}, sort_keys=True, default=str)
    if token and key in launched:
        return recalled(launched[key], parameters)
    self.params["MinCount"] = self.params.get("MaxCount", 1)
    answer = launch(self)
    if token:
        launched[key] = (parameters, answer)
    return answer


InstanceResponse.run_instances = launch_once
