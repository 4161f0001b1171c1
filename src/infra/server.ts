import { Construct } from 'constructs';
import { EbsVolume } from '#aws/ebs-volume';
import { VolumeAttachment } from '#aws/volume-attachment';
import { standingInstance } from './instance';
import { dataVolumeName } from './names';
import { firstZone, serverAddress } from './network';
import type { NodeProps } from './node-props';
import { serverSettings } from './node-settings';
import { nodeTemplate } from './node-template';
import { userData } from './user-data';

interface Props extends NodeProps {
  /** Where Prometheus pushes its alert: the function's URL. */
  alertUrl: string;
  isProtected: boolean;
}

/** The K3s server at its fixed address, and the volume with all it knows. */
export class Server extends Construct {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: Props,
  ) {
    super(scope, id);
    const { names, config, files, alertUrl } = props;
    const volume = this.dataVolume();
    files.addSettings('server', serverSettings({ names, config }, { volumeId: volume.id, alertUrl }));
    const server = this.instance();
    new VolumeAttachment(this, 'data-attachment', {
      deviceName: '/dev/sdf',
      volumeId: volume.id,
      instanceId: server.id,
      // A volume that is torn off a running server loses what was not written yet.
      stopInstanceBeforeDetaching: true,
    });
  }

  /** K3s' data, its node's password and Prometheus' data: they outlive the instance. */
  private dataVolume(): EbsVolume {
    const { names, config, isProtected } = this.props;
    return new EbsVolume(this, 'data', {
      availabilityZone: firstZone(config),
      size: config.server.dataVolumeGib,
      type: 'gp3',
      encrypted: true,
      tags: { Name: dataVolumeName(names.cluster) },
      lifecycle: { preventDestroy: isProtected },
    });
  }

  private instance() {
    const { root, names, config, network, security, roles, files } = this.props;
    const { instanceType } = config.server;
    const template = nodeTemplate(this, 'template', {
      cluster: names.cluster,
      role: 'server',
      instanceTypes: [instanceType],
      profile: roles.serverProfile,
      securityGroupIds: [security.nodes.id, security.server.id],
      userData: userData(root, {
        region: config.region,
        bucket: files.bucket.id,
        node: 'server',
        onFailure: 'stay',
      }),
    });
    return standingInstance(this, {
      name: 'server',
      cluster: names.cluster,
      role: 'server',
      template,
      instanceType,
      subnetId: network.nodeSubnet(0).id,
      privateIp: serverAddress(config),
      after: [files.sums, network.serverReservation],
    });
  }
}
