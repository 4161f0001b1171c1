import { HISTORY_TABLE, PARAMETER, STATE_TABLE } from '../autoscaler/names';
import { clusterName } from '../config/stage';

/**
 * What the resources of a stage are called. The stage that the configuration names as primary has the well-known names;
 * any other carries its own behind them: each stage has a Terraform state of its own, so a second one in the same account
 * would otherwise fail to create the table, and would overwrite the first one's join token.
 */
export interface StageNames {
  stage: string;
  /** Tag value, key of the state item, and prefix of everything that is named. */
  cluster: string;
  table: string;
  historyTable: string;
  function: string;
  parameters: { joinToken: string; controllerToken: string; ca: string };
}

export function stageNames(stage: string, primary: string): StageNames {
  const cluster = clusterName(stage);
  const own = (name: string, separator: string): string => (stage === primary ? name : `${name}${separator}${stage}`);
  return {
    stage,
    cluster,
    table: own(STATE_TABLE, '-'),
    historyTable: own(HISTORY_TABLE, '-'),
    function: `${cluster}-autoscaler`,
    parameters: {
      joinToken: own(PARAMETER.joinToken, '/'),
      controllerToken: own(PARAMETER.controllerToken, '/'),
      ca: own(PARAMETER.ca, '/'),
    },
  };
}

/** Tag `Name` of the volume with the server's data, which has no tag of the cluster. */
export const dataVolumeName = (cluster: string): string => `${cluster}-data`;

/** File of a Terraform state that is kept locally, beside `cdktf.out`. @param name a stage, or `bootstrap` */
export const localStateFile = (name: string): string => `terraform.${name}.tfstate`;

export const PORT = {
  api: 6443,
  /** NodePort of Prometheus. */
  prometheus: 30_090,
  /** Where it listens on the server's own 127.0.0.1. */
  prometheusOnServer: 9_090,
  kubelet: 10_250,
  vxlan: 8_472,
} as const;
