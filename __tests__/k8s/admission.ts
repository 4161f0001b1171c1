import { Environment } from '@marcbachmann/cel-js';
import { find } from './manifests';

/**
 * The admission policy, evaluated as the API server does: match conditions first, variables when they are asked for, and
 * every validation must hold. What the API server itself makes of these cases is noted in admission-policy.test.ts.
 */

export interface Request {
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  user?: string;
  subResource?: string;
  name: string;
  object?: object;
  oldObject?: object;
}

interface Validation {
  expression: string;
  message?: string;
  messageExpression?: string;
}

interface Spec {
  matchConditions: { name: string; expression: string }[];
  variables: { name: string; expression: string }[];
  validations: Validation[];
}

export const CONTROLLER = 'system:serviceaccount:kube-system:k3s-autoscaler';

/** Why it is denied; empty: it passes, or is nobody's the policy looks at. */
export function denials({
  operation,
  user = CONTROLLER,
  subResource = '',
  name,
  object,
  oldObject,
}: Request): string[] {
  const spec = find('ValidatingAdmissionPolicy', 'k3s-autoscaler-nodes').spec as Spec;
  const cel = new Environment({ unlistedVariablesAreDyn: true });
  const context = {
    request: { operation, subResource, name, userInfo: { username: user } },
    object: object ?? null,
    oldObject: oldObject ?? null,
  };
  if (!spec.matchConditions.every(({ expression }) => cel.evaluate(expression, context))) return [];
  const variables: Record<string, unknown> = {};
  for (const { name: variable, expression } of spec.variables) {
    Object.defineProperty(variables, variable, {
      enumerable: true,
      get: () => cel.evaluate(expression, { ...context, variables }),
    });
  }
  const holds = (expression: string): unknown => cel.evaluate(expression, { ...context, variables });
  return spec.validations
    .filter(({ expression }) => holds(expression) !== true)
    .map(({ message, messageExpression }) => message ?? String(holds(messageExpression ?? "''")));
}
