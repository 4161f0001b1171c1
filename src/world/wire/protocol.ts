import type { Call } from '../contract';
import type { Service } from '../scenario/types';
import type { Answer, HttpRequest } from './http';

/** One decoded request: what it is, and how to answer it. Nothing has taken effect yet. */
export interface Exchange {
  call: Call;
  /** Takes effect and answers; errors of the model become answers of the service. */
  perform(): Answer | Promise<Answer>;
  /** An error in the service's own format, without effect. */
  refuse(code: string): Answer;
  /** A well-formed answer that shows nothing. */
  empty(): Answer;
}

/** The server side of one service's protocol; knows nothing of time, faults and sandboxes. */
export interface Protocol {
  service: Service;
  decode(request: HttpRequest): Exchange;
}

/**
 * What an answer costs, in virtual milliseconds: medians of the services as seen from a function in the same region,
 * rounded. By `<service>.<operation>`, else by service.
 */
const LATENCY_MS: Record<string, number> = {
  dynamodb: 5,
  ec2: 80,
  'ec2.RunInstances': 600,
  'ec2.TerminateInstances': 150,
  'ec2.CreateTags': 120,
  kubernetes: 15,
  prometheus: 10,
  ssm: 20,
};

export const latencyOf = (call: Call): number =>
  LATENCY_MS[`${call.service}.${call.operation}`] ?? LATENCY_MS[call.service] ?? 0;
