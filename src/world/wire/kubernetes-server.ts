import { KubeError, type KubeObject, type WorldModel } from '../contract';
import { type Answer, type HttpRequest, json } from './http';
import { isAllowed, operationOf, type Target, targetOf } from './kubernetes-paths';
import type { Protocol } from './protocol';

const USER = 'system:serviceaccount:kube-system:k3s-autoscaler';

/** The Kubernetes API in front of the model, with the rights of the function's service account. */
export const kubernetesProtocol = (model: WorldModel, token: string): Protocol => ({
  service: 'kubernetes',
  decode(request: HttpRequest) {
    const target = targetOf(request.method, request.url);
    return {
      call: {
        service: 'kubernetes',
        operation: target ? operationOf(target) : `${request.method.toLowerCase()}Unknown`,
        mutates: target !== undefined && !['get', 'list', 'watch'].includes(target.verb),
        attributes: attributesOf(target),
      },
      perform: () => {
        try {
          return answer(model, request, authorized(request, target, token));
        } catch (error) {
          if (error instanceof KubeError) return failure(error);
          throw error;
        }
      },
      refuse: (code) => failure(injected(code)),
      empty: () => json(200, target?.verb === 'list' ? page(target, { resourceVersion: '0', items: [] }, request) : {}),
    };
  },
});

const attributesOf = (target: Target | undefined): Record<string, string> => ({
  ...(target?.name !== undefined && { name: target.name }),
  ...(target?.namespace !== undefined && { namespace: target.namespace }),
});

const authorized = (request: HttpRequest, target: Target | undefined, token: string): Target => {
  if (request.headers.authorization !== `Bearer ${token}`) throw new KubeError(401, 'Unauthorized', 'Unauthorized');
  if (!target) throw new KubeError(404, 'NotFound', 'the server could not find the requested resource');
  if (!isAllowed(target)) throw forbidden(target);
  return target;
};

const forbidden = ({ resource, subresource, verb, apiVersion, namespace, name }: Target): KubeError => {
  const of = `${resource}${groupOf(apiVersion) ? `.${groupOf(apiVersion)}` : ''}`;
  const path = subresource ? `${resource}/${subresource}` : resource;
  const scope = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return new KubeError(
    403,
    'Forbidden',
    `${of}${name ? ` "${name}"` : ''} is forbidden: User "${USER}" cannot ${verb} resource "${path}" in API group "${groupOf(apiVersion)}" ${scope}`,
  );
};

const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '');

const answer = (model: WorldModel, request: HttpRequest, target: Target): Answer => {
  const { kubernetes } = model;
  const { resource, namespace, name = '', verb } = target;
  if (target.subresource === 'eviction') {
    kubernetes.evict(namespace ?? '', name, object(request));
    return json(201, success());
  }
  switch (verb) {
    case 'list':
      return json(200, page(target, kubernetes.list(resource, selectors(request, namespace)), request));
    case 'get':
      return json(200, kubernetes.get(resource, name, namespace));
    case 'create':
      return json(201, kubernetes.create(resource, object(request), namespace));
    case 'update':
      return json(200, kubernetes.replace(resource, name, object(request), namespace));
    case 'patch':
      return json(200, kubernetes.patch(resource, name, parse(request), patchType(request), namespace));
    case 'delete': {
      const { metadata } = kubernetes.remove(resource, name, object(request), namespace);
      return json(200, success({ name, kind: resource, uid: metadata.uid }));
    }
    default:
      throw forbidden(target);
  }
};

const selectors = (request: HttpRequest, namespace: string | undefined) => {
  const field = request.url.searchParams.get('fieldSelector');
  const label = request.url.searchParams.get('labelSelector');
  return {
    ...(namespace !== undefined && { namespace }),
    ...(field && { fieldSelector: field }),
    ...(label && { labelSelector: label }),
  };
};

/** `limit` and `continue`: the token holds the key of the last object given, so that changes between pages are harmless. */
const page = (target: Target, found: { resourceVersion: string; items: KubeObject[] }, request: HttpRequest) => {
  const { searchParams } = request.url;
  const limit = Number(searchParams.get('limit') ?? 0);
  const after = continued(searchParams.get('continue'));
  const all = [...found.items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).filter((item) => keyOf(item) > after);
  const items = limit > 0 ? all.slice(0, limit) : all;
  const last = items.at(-1);
  const more = last !== undefined && items.length < all.length;
  return {
    kind: `${target.kind}List`,
    apiVersion: target.apiVersion,
    metadata: {
      resourceVersion: found.resourceVersion,
      ...(more && {
        continue: Buffer.from(keyOf(last)).toString('base64url'),
        remainingItemCount: all.length - items.length,
      }),
    },
    items,
  };
};

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;

const continued = (token: string | null): string => {
  const key = token ? Buffer.from(token, 'base64url').toString() : '';
  if (key && !key.includes('/')) throw new KubeError(400, 'BadRequest', 'continue key is not valid');
  return key;
};

const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

const patchType = (request: HttpRequest): string => {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  if (!PATCH_TYPES.includes(type)) {
    throw new KubeError(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${PATCH_TYPES.join(', ')}`,
    );
  }
  return type;
};

const parse = (request: HttpRequest): unknown => {
  if (request.body.length === 0) return {};
  try {
    return JSON.parse(request.body.toString());
  } catch (error) {
    throw new KubeError(400, 'BadRequest', `the body of the request is not JSON: ${(error as Error).message}`);
  }
};

const object = (request: HttpRequest): Record<string, unknown> => {
  const value = parse(request);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new KubeError(400, 'BadRequest', 'the body of the request is not an object');
  }
  return value as Record<string, unknown>;
};

const success = (details?: Record<string, unknown>) => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  ...(details && { details }),
});

const failure = (error: KubeError): Answer => {
  const seconds = error.retryAfterSeconds;
  const details = { ...error.details, ...(seconds !== undefined && { retryAfterSeconds: seconds }) };
  const answered = json(error.status, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: error.message,
    reason: error.reason,
    ...(Object.keys(details).length > 0 && { details }),
    code: error.status,
  });
  return seconds === undefined
    ? answered
    : { ...answered, headers: { ...answered.headers, 'retry-after': String(seconds) } };
};

/** Reasons of `metav1.StatusReason` with the status that goes with them. */
const STATUS: Record<string, number> = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  Conflict: 409,
  AlreadyExists: 409,
  Gone: 410,
  Expired: 410,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
  ServerTimeout: 500,
};

const injected = (code: string): KubeError => {
  const status = /^\d{3}$/.test(code) ? Number(code) : (STATUS[code] ?? 500);
  const reason = STATUS[code] ? code : (Object.keys(STATUS).find((name) => STATUS[name] === status) ?? 'InternalError');
  return new KubeError(status, reason, `${reason} (injected by the scenario)`, status === 429 ? 1 : undefined);
};
