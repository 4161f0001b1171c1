import { missingPrometheus, tools } from '../../k8s/tools';

/** Why there is no Prometheus 3.5 or newer, for `itOrSkip`; undefined when there is one. */
export const missingMonitoring = missingPrometheus;

/** Path of a Prometheus that signs for Lambda, 3.5 or newer. @throws Error when there is none */
export const prometheusProgram = (): string => `${tools().folder}/prometheus`;
