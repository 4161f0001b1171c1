import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** What the state item is made of; fields that are undefined are left out. */
export type Plain = string | number | boolean | Plain[] | { [field: string]: Plain | undefined };

/** DynamoDB's spelling of plain data. (@aws-sdk/util-dynamodb would add more to the bundle than this is worth.) */
export function toAttribute(value: Plain): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'boolean') return { BOOL: value };
  if (typeof value === 'number') return { N: finite(value) };
  if (Array.isArray(value)) return { L: value.map(toAttribute) };
  return { M: toAttributes(value) };
}

export function toAttributes(fields: { [field: string]: Plain | undefined }): Record<string, AttributeValue> {
  const entries = Object.entries(fields).filter((entry): entry is [string, Plain] => entry[1] !== undefined);
  return Object.fromEntries(entries.map(([field, value]) => [field, toAttribute(value)]));
}

/** Plain data out of DynamoDB's. Throws where a type appears that nothing here writes (NULL, sets, binary). */
export function fromAttribute(attribute: AttributeValue): Plain {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.L !== undefined) return attribute.L.map(fromAttribute);
  if (attribute.M !== undefined) return fromAttributes(attribute.M);
  throw new TypeError(`a value of DynamoDB type ${Object.keys(attribute).join()} is not one of S, N, BOOL, L, M`);
}

export const fromAttributes = (item: Record<string, AttributeValue>): { [field: string]: Plain } =>
  Object.fromEntries(Object.entries(item).map(([field, value]) => [field, fromAttribute(value)]));

function finite(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`${value} cannot be stored as a number`);
  return String(value);
}
