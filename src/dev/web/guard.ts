import type { MiddlewareHandler } from 'hono';
import { REFUSED, refuse } from './refusal';

/**
 * Lets only our own page in. A page of anywhere else can send requests to 127.0.0.1 too: with a name of its own that it
 * lets point here, which the Host tells, or from its own origin, which the browser tells.
 *
 * @param port tells where the server listens
 */
export const ownPageOnly =
  (port: () => number): MiddlewareHandler =>
  async (c, next) => {
    const hosts = ['127.0.0.1', 'localhost'].map((name) => `${name}:${port()}`);
    const host = c.req.header('host') ?? '';
    const what = REFUSED;
    if (!hosts.includes(host)) {
      const rule = `must be ${hosts.join(' or ')}`;
      return refuse(c, 403, { what, where: 'Host', value: host, rule, fix: `open http://${hosts[0]}/` });
    }
    const origin = c.req.header('origin');
    const needsOrigin = c.req.method !== 'GET' && c.req.method !== 'HEAD';
    if (origin === undefined ? needsOrigin : origin !== `http://${host}`) {
      const rule = 'must be the origin of the page itself';
      const fix = `use the page at http://${host}/, or send Origin: http://${host}`;
      return refuse(c, 403, { what, where: 'Origin', value: origin ?? null, rule, fix });
    }
    return next();
  };
