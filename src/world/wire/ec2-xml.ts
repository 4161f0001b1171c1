import { AwsError } from '../contract';
import type { Answer } from './http';

/** A value of an EC2 answer: arrays become `<item>`s, undefined is left out. */
export type XmlValue = string | number | boolean | undefined | XmlValue[] | { [name: string]: XmlValue };

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/';

export const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

const render = (name: string, value: XmlValue): string => {
  if (value === undefined) return '';
  if (Array.isArray(value)) return `<${name}>${value.map((item) => render('item', item)).join('')}</${name}>`;
  if (typeof value !== 'object') return `<${name}>${escapeXml(String(value))}</${name}>`;
  return `<${name}>${renderFields(value)}</${name}>`;
};

const renderFields = (fields: { [name: string]: XmlValue }): string =>
  Object.entries(fields)
    .map(([name, value]) => render(name, value))
    .join('');

const xml = (status: number, body: string): Answer => ({
  status,
  headers: { 'content-type': 'text/xml;charset=UTF-8' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
});

export const response = (action: string, requestId: string, fields: { [name: string]: XmlValue }): Answer =>
  xml(
    200,
    `<${action}Response xmlns="${NAMESPACE}"><requestId>${requestId}</requestId>${renderFields(fields)}</${action}Response>`,
  );

export const errorResponse = (requestId: string, error: AwsError): Answer =>
  xml(
    error.status,
    `<Response><Errors><Error><Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message></Error></Errors>` +
      `<RequestID>${requestId}</RequestID></Response>`,
  );

/** Capacity and internal errors are server errors: EC2 API reference, "Server error codes". */
const SERVER_ERRORS: Record<string, number> = {
  InsufficientInstanceCapacity: 500,
  InsufficientHostCapacity: 500,
  InsufficientReservedInstanceCapacity: 500,
  InsufficientAddressCapacity: 500,
  InternalError: 500,
  InternalFailure: 500,
  Unavailable: 503,
  ServiceUnavailable: 503,
  RequestLimitExceeded: 503,
  Unsupported: 400,
};

/** An injected error code with the status that EC2 gives it; a bare number is an internal error of that status. */
export const awsErrorOf = (code: string): AwsError => {
  if (/^\d{3}$/.test(code)) return new AwsError('InternalError', 'An internal error has occurred', Number(code));
  return new AwsError(code, `${code} (injected by the scenario)`, SERVER_ERRORS[code] ?? 400);
};

/** `Filter.1.Value.2=x` → `{ Filter: { 1: { Value: { 2: 'x' } } } }`, the shape of EC2's query protocol. */
export type Params = { [name: string]: string | Params };

export const parseParams = (form: string): Params => {
  const root: Params = Object.create(null) as Params;
  for (const [path, value] of new URLSearchParams(form)) {
    const names = path.split('.');
    const last = names.pop() ?? path;
    let at = root;
    for (const name of names) {
      const next = at[name];
      const child: Params = typeof next === 'object' ? next : (Object.create(null) as Params);
      at[name] = child;
      at = child;
    }
    at[last] = value;
  }
  return root;
};

export const text = (params: Params, name: string): string | undefined => {
  const value = params[name];
  return typeof value === 'string' ? value : undefined;
};

export const group = (params: Params, name: string): Params => {
  const value = params[name];
  return typeof value === 'object' ? value : {};
};

/** A numbered list in its order: `InstanceId.1`, `InstanceId.2` … */
export const list = (params: Params, name: string): (string | Params)[] =>
  Object.entries(group(params, name))
    .filter(([index]) => /^\d+$/.test(index))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, value]) => value);

export const texts = (params: Params, name: string): string[] =>
  list(params, name).filter((value): value is string => typeof value === 'string');

export const groups = (params: Params, name: string): Params[] =>
  list(params, name).filter((value): value is Params => typeof value === 'object');
