import { createHash } from 'node:crypto';
import { TAG } from '../../autoscaler/names';
import { AwsError, type Call, type InstanceRecord, type RunInstancesInput, type WorldModel } from '../contract';
import type { Params, XmlValue } from './ec2-xml';
import * as xml from './ec2-xml';
import type { HttpRequest } from './http';
import type { Protocol } from './protocol';

type Fields = { [name: string]: XmlValue };
type Action = (model: WorldModel, params: Params) => Fields;

const STATE_CODE: Record<InstanceRecord['state'], number> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** EC2's Query protocol 2016-11-15, as far as fleets of instances need it, in front of the model. */
export const ec2Protocol = (model: WorldModel): Protocol => {
  let requests = 0;
  return {
    service: 'ec2',
    decode(request: HttpRequest) {
      const params = xml.parseParams(request.body.length > 0 ? request.body.toString() : request.url.search.slice(1));
      const action = xml.text(params, 'Action') ?? 'Unknown';
      const requestId = idOf('request', requests++);
      return {
        call: callOf(model, action, params),
        perform: () => {
          try {
            const run = ACTIONS[action];
            if (!run) throw new AwsError('InvalidAction', `The action ${action} is not valid for this web service.`);
            return xml.response(action, requestId, run(model, params));
          } catch (error) {
            if (error instanceof AwsError) return xml.errorResponse(requestId, error);
            throw error;
          }
        },
        refuse: (code) => xml.errorResponse(requestId, xml.awsErrorOf(code)),
        empty: () => xml.response(action, requestId, EMPTY[action] ?? {}),
      };
    },
  };
};

const EMPTY: Record<string, Fields> = {
  DescribeInstances: { reservationSet: [] },
  RunInstances: { instancesSet: [] },
  TerminateInstances: { instancesSet: [] },
};

const runInstances: Action = (model, params) => {
  refuseDryRun(params);
  const { reservationId, instances } = model.ec2.runInstances(runInput(params));
  return { reservationId, ownerId: OWNER, groupSet: [], instancesSet: instances.map(instanceFields) };
};

const describeInstances: Action = (model, params) => {
  refuseDryRun(params);
  const ids = xml.texts(params, 'InstanceId');
  const filters = xml.groups(params, 'Filter').map((filter) => ({
    name: xml.text(filter, 'Name') ?? '',
    values: xml.texts(filter, 'Value'),
  }));
  const found = model.ec2.describeInstances({
    ...(ids.length > 0 && { ids }),
    ...(filters.length > 0 && { filters }),
  });
  const { page, nextToken } = paginate(found, params, ids);
  return {
    reservationSet: page.map((record) => ({
      reservationId: idOf('r', record.id).replace(/^(.{17}).*/, 'r-$1'),
      ownerId: OWNER,
      groupSet: [],
      instancesSet: [instanceFields(record)],
    })),
    nextToken,
  };
};

const terminateInstances: Action = (model, params) => {
  refuseDryRun(params);
  const ids = xml.texts(params, 'InstanceId');
  if (ids.length === 0) throw new AwsError('MissingParameter', 'The request must contain the parameter InstanceId');
  const changes = model.ec2.terminateInstances(ids);
  return {
    instancesSet: changes.map(({ id, previous, current }) => ({
      instanceId: id,
      currentState: stateFields(current as InstanceRecord['state']),
      previousState: stateFields(previous as InstanceRecord['state']),
    })),
  };
};

const ACTIONS: Record<string, Action> = {
  RunInstances: runInstances,
  DescribeInstances: describeInstances,
  TerminateInstances: terminateInstances,
};

const MUTATIONS = new Set(['RunInstances', 'TerminateInstances']);

const OWNER = '000000000000';

const refuseDryRun = (params: Params): void => {
  if (xml.text(params, 'DryRun') === 'true') {
    throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
  }
};

const runInput = (params: Params): RunInstancesInput => {
  const template = xml.group(params, 'LaunchTemplate');
  const network = xml.groups(params, 'NetworkInterface')[0] ?? {};
  const optional = {
    clientToken: xml.text(params, 'ClientToken'),
    templateId: xml.text(template, 'LaunchTemplateId'),
    templateName: xml.text(template, 'LaunchTemplateName'),
    templateVersion: xml.text(template, 'Version'),
    instanceType: xml.text(params, 'InstanceType'),
    subnetId: xml.text(params, 'SubnetId') ?? xml.text(network, 'SubnetId'),
  };
  return {
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<
      Record<keyof typeof optional, string>
    >),
    market: marketOf(params),
    minCount: countOf(params, 'MinCount'),
    maxCount: countOf(params, 'MaxCount'),
    tags: tagsOf(params),
  };
};

const marketOf = (params: Params): 'spot' | 'on-demand' =>
  xml.text(xml.group(params, 'InstanceMarketOptions'), 'MarketType') === 'spot' ? 'spot' : 'on-demand';

const countOf = (params: Params, name: string): number => {
  const value = xml.text(params, name);
  if (value === undefined) throw new AwsError('MissingParameter', `The request must contain the parameter ${name}`);
  if (!/^\d+$/.test(value)) throw new AwsError('InvalidParameterValue', `Value (${value}) for ${name} is invalid.`);
  return Number(value);
};

const tagsOf = (params: Params): Record<string, Record<string, string>> =>
  Object.fromEntries(
    xml
      .groups(params, 'TagSpecification')
      .map((specification) => [
        xml.text(specification, 'ResourceType') ?? '',
        Object.fromEntries(
          xml.groups(specification, 'Tag').map((tag) => [xml.text(tag, 'Key') ?? '', xml.text(tag, 'Value') ?? '']),
        ),
      ]),
  );

const paginate = (found: InstanceRecord[], params: Params, ids: string[]) => {
  const token = xml.text(params, 'NextToken');
  const asked = xml.text(params, 'MaxResults');
  if (asked !== undefined && ids.length > 0) {
    throw new AwsError(
      'InvalidParameterCombination',
      'The parameter instancesSet cannot be used with the parameter maxResults',
    );
  }
  const size = asked === undefined ? 1000 : Number(asked);
  if (!(size >= 5 && size <= 1000)) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ( ${asked} ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.`,
    );
  }
  const start = token === undefined ? 0 : startOf(token);
  const end = start + size;
  return { page: found.slice(start, end), nextToken: end < found.length ? tokenOf(end) : undefined };
};

const tokenOf = (start: number): string => Buffer.from(`page:${start}`).toString('base64url');

const startOf = (token: string): number => {
  const start = /^page:(\d+)$/.exec(Buffer.from(token, 'base64url').toString())?.[1];
  if (start === undefined) throw new AwsError('InvalidNextToken', `The token '${token}' is invalid`);
  return Number(start);
};

const stateFields = (state: InstanceRecord['state']): Fields => ({ code: STATE_CODE[state], name: state });

const instanceFields = (record: InstanceRecord): Fields => ({
  instanceId: record.id,
  instanceState: stateFields(record.state),
  privateDnsName: `ip-${record.privateIp.replaceAll('.', '-')}.ec2.internal`,
  reason: '',
  instanceType: record.type,
  launchTime: new Date(record.launchedAt).toISOString(),
  placement: { availabilityZone: record.zone, tenancy: 'default' },
  subnetId: record.subnetId,
  privateIpAddress: record.privateIp,
  clientToken: record.clientToken,
  instanceLifecycle: record.market === 'spot' ? 'spot' : undefined,
  tagSet: Object.entries(record.tags).map(([key, value]) => ({ key, value })),
});

/** What `when` of a fault can ask for. */
const callOf = (model: WorldModel, action: string, params: Params): Call => ({
  service: 'ec2',
  operation: action,
  mutates: MUTATIONS.has(action),
  attributes: action === 'RunInstances' ? launchAttributes(model, params) : instanceAttributes(model, params),
});

const launchAttributes = (model: WorldModel, params: Params): Record<string, string> => {
  const { subnetId, instanceType, templateId, tags } = runInput({ ...params, MinCount: '1', MaxCount: '1' });
  const { subnets, launchTemplates } = model.options.resources;
  return defined({
    market: marketOf(params),
    type: instanceType,
    zone: Object.keys(subnets).find((zone) => subnets[zone] === subnetId),
    pool:
      tags.instance?.[TAG.pool] ??
      Object.keys(launchTemplates).find((pool) => launchTemplates[pool]?.id === templateId),
  });
};

const instanceAttributes = (model: WorldModel, params: Params): Record<string, string> => {
  const ids = xml.texts(params, 'InstanceId');
  const record = ids.length === 1 ? model.ec2.all().find(({ id }) => id === ids[0]) : undefined;
  return record
    ? defined({
        instance: record.id,
        market: record.market,
        type: record.type,
        zone: record.zone,
        pool: record.tags[TAG.pool],
      })
    : {};
};

const defined = (values: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined));

/** Looks like EC2's ids, and is the same in each run. */
const idOf = (kind: string, of: string | number): string => createHash('sha256').update(`${kind}/${of}`).digest('hex');
