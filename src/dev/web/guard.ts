import type { MiddlewareHandler } from 'hono';
import { ownHosts, REFUSED, strangerBy } from '../../world/wire/strangers';
import { refuse } from './refusal';

/**
 * Lets only our own page in, and links to it. What changes something must say that it comes from there.
 *
 * @param port tells where the server listens
 */
export const ownPageOnly =
  (port: () => number): MiddlewareHandler =>
  async (c, next) => {
    const isReading = c.req.method === 'GET' || c.req.method === 'HEAD';
    // A link of any page may lead here: the one that it is on sees nothing of it.
    const isLink = isReading && c.req.header('sec-fetch-mode') === 'navigate';
    const by = strangerBy((name) => (isLink && name === 'Sec-Fetch-Site' ? undefined : c.req.header(name)), {
      scheme: 'http',
      port: port(),
    });
    const host = c.req.header('host') ?? '';
    const origin = c.req.header('origin');
    const what = REFUSED;
    if (by === 'Host') {
      const hosts = ownHosts(port());
      const rule = `must be ${hosts.join(' or ')}`;
      return refuse(c, 403, { what, where: by, value: host, rule, fix: `open http://${hosts[0]}/` });
    }
    if (by === 'Origin' || (origin === undefined && !isReading)) {
      const rule = 'must be the origin of the page itself';
      const fix = `use the page at http://${host}/, or send Origin: http://${host}`;
      return refuse(c, 403, { what, where: 'Origin', value: origin ?? null, rule, fix });
    }
    if (by === 'Sec-Fetch-Site') {
      const rule = 'must be same-origin: the page itself asks';
      return refuse(c, 403, { what, where: by, value: c.req.header(by), rule, fix: `open http://${host}/` });
    }
    return next();
  };
