import { PARAMETER, STATE_TABLE } from '../autoscaler/names';
import { clusterName } from '../config/stage';

/**
 * What the resources of a stage are called. Table and parameters carry the stage behind their well-known names: each
 * stage has a Terraform state of its own, so a second one in the same account would otherwise fail to create the
 * table, and would overwrite the first one's join token.
 */
export interface StageNames {
  stage: string;
  /** Tag value, key of the state item, and prefix of everything that is named. */
  cluster: string;
  table: string;
  function: string;
  parameters: { joinToken: string; controllerToken: string; ca: string };
}

export function stageNames(stage: string): StageNames {
  const cluster = clusterName(stage);
  return {
    stage,
    cluster,
    table: `${STATE_TABLE}-${stage}`,
    function: `${cluster}-autoscaler`,
    parameters: {
      joinToken: `${PARAMETER.joinToken}/${stage}`,
      controllerToken: `${PARAMETER.controllerToken}/${stage}`,
      ca: `${PARAMETER.ca}/${stage}`,
    },
  };
}

export const PORT = {
  api: 6443,
  /** NodePort of Prometheus. */
  prometheus: 30_090,
  kubelet: 10_250,
  vxlan: 8_472,
} as const;
