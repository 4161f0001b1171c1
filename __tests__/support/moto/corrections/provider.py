"""What moto answers wrongly to Terraform's AWS provider: it keeps a stack from being applied, or shows a difference which
AWS would not show.
"""

from moto.ec2.models.launch_templates import LaunchTemplateVersion
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.models.subnets import Subnet
from moto.ec2.responses.subnets import Subnets
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket


def ipv6_associations(self):
    # AWS: {"state": "associated"}. moto: the text of a dictionary, for which the provider waits until it gives up.
    return [
        {
            "ipv6CidrBlock": association["ipv6CidrBlock"],
            "associationId": association["associationId"],
            "ipv6CidrBlockState": {"state": association["ipv6CidrBlockState"]["State"]},
        }
        for association in self.ipv6_cidr_block_associations.values()
        if association["ipv6CidrBlockState"]["State"] == "associated"
    ]


Subnet.ipv6_cidr_block_association_set = property(ipv6_associations)


def no_bucket_policy(self, action, resource):
    # AWS evaluates the conditions of a bucket's policy. moto does not, so "deny without TLS" would deny everything.
    return PermissionResult.NEUTRAL


FakeBucket.get_permission = no_bucket_policy

make_version = LaunchTemplateVersion.__init__


def without_own_tags(self, template, number, data, description):
    # AWS keeps the tags of the template itself apart from the tags of what it launches. moto lists both in its data.
    specifications = data.get("TagSpecifications", [])
    launched = [each for each in specifications if each["ResourceType"] != "launch-template"]
    make_version(self, template, number, {**data, "TagSpecifications": launched}, description)


LaunchTemplateVersion.__init__ = without_own_tags

make_rule = SecurityGroupRule.__init__


def with_description(self, backend, protocol, group, first, last, cidrs, source=None, prefixes=None, **others):
    make_rule(self, backend, protocol, group, first, last, cidrs, source, prefixes, **others)
    self.prefix_list_description = (prefixes or {}).get("Description")


def description(self):
    # AWS describes every rule. moto forgets what stands beside a group or a prefix list.
    own = self.ip_range.get("Description") or self.source_group.get("Description")
    return own or self.prefix_list_description


SecurityGroupRule.__init__ = with_description
SecurityGroupRule.description = property(description)

reserve = Subnets.create_subnet_cidr_reservation


def reserve_and_describe(self):
    # AWS keeps what a reservation is for. moto forgets it, for which the provider would make it anew.
    answer = reserve(self)
    answer.result["SubnetCidrReservation"].description = self._get_param("Description")
    return answer


Subnets.create_subnet_cidr_reservation = reserve_and_describe
