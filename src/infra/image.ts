import { INSTANCE_TYPES } from '../config/instance-types';

/** The public parameter with the newest Amazon Linux 2023, read by EC2 at each launch. */
export const imageParameter = (instanceTypes: readonly string[]): string => {
  const arch = INSTANCE_TYPES.get(instanceTypes[0] ?? '')?.arch === 'arm64' ? 'arm64' : 'x86_64';
  return `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${arch}`;
};
