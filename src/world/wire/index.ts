import type { Wire, WireOptions, WorldModel } from '../contract';
import { startPrometheus } from '../prometheus/process';
import { RemoteWrite } from '../prometheus/remote-write';
import { outsider } from './caller';
import { makeCertificates, makeToken } from './certificates';
import { DynamoDb } from './dynamodb-server';
import { ec2Protocol } from './ec2-server';
import { openEndpoints } from './endpoints';
import { Front } from './front';
import { LambdaFunction } from './function';
import { kubernetesProtocol } from './kubernetes-server';
import { scrapeEvery } from './metrics';
import { prometheusProtocol } from './prometheus-server';
import { ssmProtocol } from './ssm-server';

/**
 * Starts the wire face of a model: every server on a free port of 127.0.0.1, a real Prometheus, and sandboxes for the
 * bundle. `stop` ends all of it.
 *
 * @throws when Prometheus cannot be started.
 */
export const startWire = async (model: WorldModel, options: WireOptions): Promise<Wire> => {
  const { config, resources } = model.options;
  const token = makeToken(options.seed);
  const dynamodb = new DynamoDb(resources, config.cluster);
  const [certificates, prometheus] = await Promise.all([
    makeCertificates(),
    startPrometheus(options.prometheus),
    dynamodb.createTables(),
  ]);
  // What user data puts there when the server boots.
  model.parameters.set(resources.parameters.ca, { type: 'String', value: certificates.ca });
  model.parameters.set(resources.parameters.controllerToken, { type: 'SecureString', value: token });

  const front = new Front(model);
  const protocols = {
    ec2: ec2Protocol(model),
    ssm: ssmProtocol(model),
    dynamodb: dynamodb.protocol,
    kubernetes: kubernetesProtocol(model, token),
    prometheus: prometheusProtocol(prometheus.url),
  };
  const outside = outsider(model.clock);
  const endpoints = await openEndpoints(front, protocols, certificates, () => outside);
  const lambda = new LambdaFunction(model, options, front, protocols, certificates);
  const samples = new RemoteWrite(prometheus.url);
  const stopScraping = scrapeEvery(model, options.scrapeMs, samples, front.faults);

  return {
    addFaults: (faults) => front.faults.add(faults),
    get calls() {
      return front.calls;
    },
    requestLog: front.requestLog,
    flushMetrics: () => samples.flush(),
    invoke: async (requests) => {
      await dynamodb.expire(model.clock.now());
      return lambda.invoke(requests);
    },
    prepare: (bundle) => lambda.prepare(bundle),
    load: (bundle) => lambda.load(bundle),
    replan: (recording) => lambda.replan(recording),
    readState: () => dynamodb.readState(),
    // Prometheus as it is, with its pages: what goes wrong with it befalls the function only.
    addresses: { ...endpoints.urls, prometheus: prometheus.url },
    stop: async () => {
      stopScraping();
      await lambda.stop();
      await Promise.all([endpoints.close(), dynamodb.close(), prometheus.stop()]);
    },
  };
};
