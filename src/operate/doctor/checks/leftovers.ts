import { dataVolumeName } from '../../../infra/names';
import type { Check, Context } from '../check';
import { ok, type Said, skipped } from '../finding';
import type { AttachedVolume } from '../outside/outside';

const volumes: Check = {
  name: 'volumes',
  when: 'always',
  service: 'EC2',
  what: 'volumes of the cluster',
  run: async (context) => {
    const { stage, outside } = context;
    const dataVolume = dataVolumeName(stage.cluster);
    const [found, attached] = await Promise.all([outside.looseVolumes(), outside.attachedVolumes()]);
    const strange = attached.filter(({ name, isOfClaim }) => name !== dataVolume && !isOfClaim);
    if (found.length + strange.length === 0) return [ok('volumes of the cluster', 'each is used')];
    const loose = found.map(({ id, gib, name }): Said => {
      const isData = name === dataVolume;
      return {
        level: 'warning',
        what: `${id} (${name || 'no name'}, ${gib} GiB)`,
        value: 'attached to nothing',
        rule: isData
          ? "the server's data: it is attached while the server is there"
          : 'a disk goes with its instance; this one is paid for and used by nobody',
        fix: isData
          ? 'where the stage lives, deploy attaches it again; where it does not and nobody wants the data, delete it'
          : 'delete it',
        command: `aws ec2 delete-volume --volume-id ${id} --region ${stage.region}`,
      };
    });
    return [...loose, ...strange.map((volume) => byHand(context, volume))];
  },
};

/** As a restore by hand leaves its copy (docs/guide.md). Once it is detached, no tag leads from the cluster to it. */
function byHand({ stage: { region } }: Context, { id, gib, name, instance, device }: AttachedVolume): Said {
  const aws = (words: string) => `aws ec2 ${words} ${id} --region ${region}`;
  return {
    level: 'warning',
    what: `${id} (${name || 'no name'}, ${gib} GiB)`,
    value: `attached to ${instance} as ${device}, and neither Terraform nor a claim of Kubernetes made it`,
    rule: "an instance has its root device, the server its data, and pods the volumes of their claims; this one is somebody's, and outlives the instance",
    fix: 'look at what is on it; where nobody wants it and no PersistentVolume names it (kubectl get pv), unmount it, then detach and delete it',
    command: [
      aws('detach-volume --volume-id'),
      aws('wait volume-available --volume-ids'),
      aws('delete-volume --volume-id'),
    ].join(' && '),
  };
}

const interfaces: Check = {
  name: 'interfaces',
  when: 'always',
  service: 'EC2',
  what: "the function's network interfaces",
  run: async ({ stage, outside }) => {
    const what = "the function's network interfaces";
    if ((await outside.deployedFunction()) !== undefined)
      return [skipped(what, 'belong to the function that is there')];
    const found = await outside.functionInterfaces();
    if (found.length === 0) return [ok(what, 'there are none')];
    return [
      {
        level: 'warning',
        what,
        value: found.map(({ id, status }) => `${id} ${status}`).join(', '),
        rule: 'without the function Lambda takes them away, which may last most of an hour; until then their subnets cannot be deleted',
        fix: 'wait; what is "available" after that may be deleted',
        command: `aws ec2 delete-network-interface --network-interface-id ${found[0]?.id} --region ${stage.region}`,
      },
    ];
  },
};

const launchTemplates: Check = {
  name: 'launch-templates',
  when: 'always',
  service: 'EC2',
  what: 'launch templates of the cluster',
  run: async ({ stage, config, outside }) => {
    const what = 'launch templates of the cluster';
    const [found, lambda] = await Promise.all([outside.launchTemplates(), outside.deployedFunction()]);
    const ofPools = lambda === undefined ? {} : lambda.launchTemplates;
    if (ofPools === undefined) return [untold(stage.function, stage.region)];
    const untemplated = lambda === undefined ? [] : Object.keys(config.pools).filter((pool) => !(pool in ofPools));
    const gone = Object.entries(ofPools).filter(([, id]) => !found.some((each) => each.id === id));
    const used = new Set(Object.values(ofPools));
    const standing = lambda === undefined ? [] : [`${stage.cluster}.server`, `${stage.cluster}.base`];
    const loose = found.filter(({ id, name }) => !used.has(id) && !standing.includes(name));
    if (gone.length + loose.length + untemplated.length === 0)
      return [ok(what, found.length === 0 ? 'there are none' : `${found.length}, each is used`)];
    return [
      ...gone.map(
        ([pool, id]): Said => ({
          level: 'problem',
          what: `${id} of pool ${pool}`,
          value: 'not there',
          rule: 'the function launches the workers of the pool from it',
          fix: 'deploy makes it anew',
          command: `npm run deploy -- --stage ${stage.stage}`,
        }),
      ),
      ...untemplated.map(
        (pool): Said => ({
          level: 'warning',
          what: `pool ${pool}`,
          value: 'the function knows no launch template for it',
          rule: 'it launches nothing into a pool that it does not know; the configuration has one that is not deployed',
          fix: 'deploy it',
          command: `npm run deploy -- --stage ${stage.stage}`,
        }),
      ),
      ...loose.map(
        ({ id, name }): Said => ({
          level: 'warning',
          what: `${id} (${name})`,
          value: 'used by no pool of the function',
          rule: 'Terraform deletes it with its pool, or with the stage; it costs nothing',
          fix: 'deploy or destroy; where Terraform no longer knows it, delete it',
          command: `aws ec2 delete-launch-template --launch-template-id ${id} --region ${stage.region}`,
        }),
      ),
    ];
  },
};

const untold = (name: string, region: string): Said => ({
  level: 'unknown',
  what: 'launch templates of the cluster',
  value: "the function's environment does not tell which it launches from",
  rule: 'AUTOSCALER_RESOURCES in its environment names one for each pool',
  fix: 'see what Lambda says of its environment; where it was changed by hand, deploy',
  command: `aws lambda get-function-configuration --function-name ${name} --region ${region} --query Environment`,
});

/** What a destroy that stopped half-way, or an instance that is gone, may have left. */
export const leftoverChecks = [volumes, interfaces, launchTemplates];
