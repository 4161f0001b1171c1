import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Testing } from '#cdk';
import { resolveConfig } from '../../src/config/resolve';
import { AutoscalerStack } from '../../src/infra/stack';

type Resource = Record<string, unknown>;

export interface Synthesized {
  text: string;
  resource: Record<string, Record<string, Resource>>;
}

/** A stand-in for the artifact: the stack only copies and hashes it. */
export function someZip(): string {
  const zip = path.join(mkdtempSync(path.join(tmpdir(), 'zip-')), 'autoscaler.zip');
  writeFileSync(zip, 'the artifact');
  return zip;
}

/** The checkout. */
export const ROOT = path.resolve(__dirname, '../..');

/** @param root where `userdata/` and `k8s/` are read from */
export function synthesized(partial: unknown = {}, stage = 'test', root = ROOT): Synthesized {
  const config = resolveConfig(partial, 'x');
  const stack = new AutoscalerStack(Testing.app({ stubVersion: true }), 'stack', {
    stage,
    config,
    zip: someZip(),
    root,
  });
  const text = Testing.synth(stack, true);
  return { text, resource: (JSON.parse(text) as Synthesized).resource };
}

/** All resources of a type. */
export const all = ({ resource }: Synthesized, type: string): Resource[] => Object.values(resource[type] ?? {});

/** The one resource of that type, or the one whose field has that value. */
export function one(from: Synthesized, type: string, field?: string, value?: unknown): Resource {
  const found = all(from, type).filter((each) => field === undefined || each[field] === value);
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} of ${type} ${field}=${value}`);
  return found[0];
}

export interface PolicyStatement {
  Sid: string;
  Effect: string;
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, unknown>>;
}

/** The statements of the role with that name. */
export function statements(from: Synthesized, role: string): PolicyStatement[] {
  const policy = one(from, 'aws_iam_role_policy', 'name', role).policy as string;
  return (JSON.parse(policy) as { Statement: PolicyStatement[] }).Statement;
}

/** The user data of a template, put together as Terraform does, with `<bucket>` for the bucket's name. */
export function userDataOf(template: Resource): string {
  const pieces =
    /^\$\{base64encode\(join\("", \[(.+)\]\)\)\}$/.exec(template.user_data as string)?.[1]?.split(', ') ?? [];
  return pieces
    .map((piece) => {
      const literal = /^base64decode\("(.+)"\)$/.exec(piece)?.[1];
      if (literal !== undefined) return Buffer.from(literal, 'base64').toString();
      if (/^aws_s3_bucket\.[^.]+\.id$/.test(piece)) return '<bucket>';
      throw new Error(`user data has a piece that is not known here: ${piece}`);
    })
    .join('');
}
