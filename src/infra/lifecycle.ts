import { Construct } from 'constructs';
import { LambdaInvocation } from '#aws/lambda-invocation';
import type { ITerraformDependable } from '#cdk';
import type { AutoscalerFunction } from './function';

interface Props {
  autoscaler: AutoscalerFunction;
  /** Beside what every call needs: what must stay until the workers are gone. */
  needs: ITerraformDependable[];
}

/**
 * The function's last call. Workers are not Terraform's, so `destroy` would leave them running, and stop at a network
 * that is still in use. Terraform invokes the function when this resource is deleted; it then retires: it terminates all
 * workers of the cluster. It is invoked when the resource is made, too, and then does nothing.
 *
 * Everything that makes the function tick depends on this, so it goes first; this depends on all that the call needs, so
 * that goes last. (https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/lambda_invocation)
 */
export class Lifecycle extends Construct {
  readonly invocation: LambdaInvocation;

  constructor(scope: Construct, id: string, { autoscaler, needs }: Props) {
    super(scope, id);
    this.invocation = new LambdaInvocation(this, 'invocation', {
      functionName: autoscaler.lambda.functionName,
      // Constant: what the function shall do stands in `tf.action`, which the provider adds.
      input: '{}',
      lifecycleScope: 'CRUD',
      // To replace it would be to delete it, and so to retire a cluster that shall live.
      lifecycle: { ignoreChanges: 'all' },
      dependsOn: [...autoscaler.needs, ...needs],
    });
    // Not made of the constructs' names: to rename one of them would be to delete this, too.
    this.invocation.overrideLogicalId('last-call');
  }
}
