import { Construct } from 'constructs';
import { IamInstanceProfile } from '#aws/iam-instance-profile';
import type { IamRole } from '#aws/iam-role';
import type { Role } from '../autoscaler/names';
import type { ResolvedConfig } from '../config/resolve';
import { arn, type Statement, serviceRole } from './iam';
import type { StageNames } from './names';

interface Props {
  names: StageNames;
  config: ResolvedConfig;
  /** Of the node files. */
  bucketArn: string;
}

/**
 * Session Manager in place of SSH, and nothing else of Systems Manager: the managed policy
 * `AmazonSSMManagedInstanceCore` grants `ssm:GetParameter` on everything, so any worker could read the controller's token.
 * (https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html)
 */
const SESSION_MANAGER: Statement = {
  Sid: 'SessionManager',
  Action: [
    'ssm:UpdateInstanceInformation',
    'ssmmessages:CreateControlChannel',
    'ssmmessages:CreateDataChannel',
    'ssmmessages:OpenControlChannel',
    'ssmmessages:OpenDataChannel',
  ],
  Resource: ['*'],
};

/** What nodes may do in AWS. A pod cannot borrow it: the metadata service answers one hop far. */
export class NodeRoles extends Construct {
  readonly worker: IamRole;
  readonly workerProfile: IamInstanceProfile;
  readonly serverProfile: IamInstanceProfile;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: Props,
  ) {
    super(scope, id);
    this.worker = this.role('worker', this.workerStatements());
    this.workerProfile = this.profile('worker', this.worker);
    this.serverProfile = this.profile('server', this.role('server', this.serverStatements()));
  }

  private role(role: Role, statements: Statement[]): IamRole {
    return serviceRole(this, `${role}-role`, {
      name: `${this.props.names.cluster}-${role}`,
      service: 'ec2.amazonaws.com',
      statements: [...statements, SESSION_MANAGER],
    }).role;
  }

  private profile(role: Role, iamRole: IamRole): IamInstanceProfile {
    const name = `${this.props.names.cluster}-${role}`;
    return new IamInstanceProfile(this, `${role}-profile`, { name, role: iamRole.name });
  }

  private parameter(name: string): string {
    return arn('ssm', this.props.config.region, `parameter${name}`);
  }

  private workerStatements(): Statement[] {
    const { names, bucketArn } = this.props;
    const keys = ['SHA256SUMS', 'userdata/*', 'settings/base.env', 'settings/pool-*'];
    return [
      { Sid: 'NodeFiles', Action: ['s3:GetObject'], Resource: keys.map((key) => `${bucketArn}/${key}`) },
      { Sid: 'ReadJoinToken', Action: ['ssm:GetParameter'], Resource: [this.parameter(names.parameters.joinToken)] },
    ];
  }

  private serverStatements(): Statement[] {
    const { names, config, bucketArn } = this.props;
    const lambda = arn('lambda', config.region, `function:${names.function}`);
    return [
      { Sid: 'NodeFiles', Action: ['s3:GetObject'], Resource: [`${bucketArn}/*`] },
      {
        Sid: 'PublishTokens',
        Action: ['ssm:PutParameter'],
        Resource: Object.values(names.parameters).map((name) => this.parameter(name)),
      },
      {
        Sid: 'PushByUrl',
        Action: ['lambda:InvokeFunctionUrl'],
        Resource: [lambda],
        Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
      },
      {
        // Since October 2025 a URL asks for both actions. By the URL alone: called directly, the function takes its word
        // for who it is and what it shall do.
        // (https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html)
        Sid: 'InvokeByUrlOnly',
        Action: ['lambda:InvokeFunction'],
        Resource: [lambda],
        Condition: { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } },
      },
    ];
  }
}
