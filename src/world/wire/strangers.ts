/**
 * Who may knock at a server on 127.0.0.1. A web page of anywhere can send requests there too: under a name of its own
 * that it lets point here, which the Host tells, or from its own origin, which the browser tells by the two others.
 * Programs send neither of those.
 */
export type Telltale = 'Host' | 'Origin' | 'Sec-Fetch-Site';

/** What such a request is answered, before it is looked at. */
export const REFUSED = 'The request was refused.';

/** The names under which a server on 127.0.0.1 is asked. */
export const ownHosts = (port: number): string[] => ['127.0.0.1', 'localhost'].map((name) => `${name}:${port}`);

/**
 * The header that tells that a request comes from elsewhere; undefined where none does.
 *
 * @param header the value of a header of the request
 */
export function strangerBy(
  header: (name: Telltale) => string | undefined,
  { scheme, port }: { scheme: 'http' | 'https'; port: number },
): Telltale | undefined {
  const host = header('Host') ?? '';
  if (!ownHosts(port).includes(host)) return 'Host';
  const origin = header('Origin');
  if (origin !== undefined && origin !== `${scheme}://${host}`) return 'Origin';
  // `none`: an address that a person typed. `same-site` is a page of another port of this machine.
  return ['same-origin', 'none'].includes(header('Sec-Fetch-Site') ?? 'none') ? undefined : 'Sec-Fetch-Site';
}
