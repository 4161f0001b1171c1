import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isThere } from '../../../src/dev/is-there';
import { cacheDirectory } from '../../../src/dev/prometheus/cache';
import { fromDebian } from '../../../src/dev/prometheus/debian';
import { type GoInstall, goInstalled } from './go-install';
import { HandedOn } from './handed-on';

const PACKAGE = 'prometheus-node-exporter';
/** The one that ships, which is taken where the distribution's packages cannot be had. */
const MODULE: GoInstall = { of: 'github.com/prometheus/node_exporter', version: 'v1.12.1' };
const NODE_EXPORTER = new HandedOn('E2E_NODE_EXPORTER');

/** Gets the distribution's node-exporter for a whole run of Jest, or builds one; its workers inherit where it is. */
export async function prepareNodeExporter(log: (line: string) => void): Promise<void> {
  const cache = cacheDirectory(process.env);
  const place = path.join(cache, `${PACKAGE}-${process.platform}-${process.arch}`);
  try {
    if (!(await isThere(place))) await putInCache(cache, place);
    NODE_EXPORTER.isAt(place);
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    try {
      NODE_EXPORTER.isAt(goInstalled(MODULE, log));
    } catch (other) {
      NODE_EXPORTER.lacks(`node-exporter: ${reason}, and it cannot be built: ${(other as Error).message}`, log);
    }
  }
}

async function putInCache(cache: string, place: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(path.join(cache, 'incoming-'));
  try {
    await rename(await fromDebian(PACKAGE)(work), place);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Why there is no node-exporter, for `itOrSkip`; undefined when there is one. */
export const missingNodeExporter = NODE_EXPORTER.missing;

/** Path of the real node-exporter. @throws Error when there is none */
export const nodeExporterProgram = (): string => NODE_EXPORTER.path();
