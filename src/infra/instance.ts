import type { Construct } from 'constructs';
import { Instance } from '#aws/instance';
import type { LaunchTemplate } from '#aws/launch-template';
import type { ITerraformDependable } from '#cdk';
import { nodeTags } from './node-template';

interface Props {
  /** `server`, `base-0`: its address in Terraform is `aws_instance.<name>`. */
  name: string;
  cluster: string;
  role: 'server' | 'base';
  template: LaunchTemplate;
  instanceType: string;
  subnetId: string;
  privateIp?: string;
  /** Made before it: what it reads when it boots, and what keeps the server's address free. */
  after: ITerraformDependable[];
}

/** An instance that is Terraform's. Its name in Terraform is for people to say: `deploy --replace server`. */
export function standingInstance(scope: Construct, props: Props): Instance {
  const { name, cluster, role, template, instanceType, subnetId, privateIp, after } = props;
  const instance = new Instance(scope, name, {
    launchTemplate: { id: template.id, version: template.getStringAttribute('latest_version') },
    instanceType,
    subnetId,
    ...(privateIp === undefined ? {} : { privateIp }),
    tags: { ...nodeTags({ cluster, role }), Name: `${cluster}-${name}` },
    // A new image or a changed script must never stop the server or a base worker: what would replace them is ignored,
    // and they are replaced on demand alone. The template's version stands for all it
    // holds; and a zone that is added would send a base worker to another subnet.
    lifecycle: { ignoreChanges: ['ami', 'user_data', 'user_data_base64', 'launch_template', 'subnet_id'] },
    dependsOn: after,
  });
  instance.overrideLogicalId(name);
  return instance;
}
