import { existsSync } from 'node:fs';
import { textOf } from '../config/given-file';
import { Refusal } from './errors';
import { fromHere } from './from-here';
import type { Place } from './place';

/** What is read of a resource in Terraform's state. */
interface StateResource {
  type?: string;
  instances?: { attributes?: Record<string, unknown> }[];
}

/**
 * The resources in a state that is kept in a file; none: there is no such file, or nothing in it.
 *
 * @throws {Refusal} where it cannot be read: what it knows would be taken for nothing, and made a second time
 */
export function localResources({ localState }: Pick<Place, 'localState'>): StateResource[] {
  if (!existsSync(localState)) return [];
  const text = textOf(localState, (why) => damaged(localState, why));
  // Terraform itself empties a file whose state it has moved.
  if (text.trim() === '') return [];
  let state: { resources?: unknown } | null;
  try {
    state = JSON.parse(text);
  } catch (error) {
    throw damaged(localState, `it is no JSON: ${(error as Error).message}`);
  }
  const { resources = [] } = state ?? {};
  if (!Array.isArray(resources)) throw damaged(localState, 'its resources are no list');
  return resources;
}

/** Whether a state is kept locally and there is something in it. @throws as {@link localResources} */
export const hasLocalState = (place: Pick<Place, 'localState'>): boolean => localResources(place).length > 0;

const damaged = (file: string, why: string): Refusal =>
  new Refusal(fromHere(file), 'state', {
    value: undefined,
    rule: `must be the state that Terraform wrote there: ${why}`,
    fix: `put Terraform's copy in its place (${fromHere(file)}.backup), or move it away if nothing of it exists`,
  });
