import { createHash } from 'node:crypto';
import { generate } from 'selfsigned';

export interface Certificates {
  /** PEM of the authority that signed the server's certificate. */
  ca: string;
  key: string;
  cert: string;
}

/**
 * A certificate authority and a server certificate for 127.0.0.1, as K3s makes them. They hold for the world's time
 * and for the machine's: OpenSSL checks by the latter. Before 2050, where X.509 changes its form of dates.
 */
export const makeCertificates = async (): Promise<Certificates> => {
  const common = {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date('2020-01-01T00:00:00Z'),
    notAfterDate: new Date('2049-01-01T00:00:00Z'),
  } as const;
  const ca = await generate([{ name: 'commonName', value: 'k3s-server-ca' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: 'k3s' }], {
    ...common,
    ca: { key: ca.private, cert: ca.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 7, ip: '127.0.0.1' },
          { type: 2, value: 'localhost' },
        ],
      },
    ],
  });
  return { ca: ca.cert, key: server.private, cert: server.cert };
};

/** The service account's token: looks random, and is the same for the same seed. */
export const makeToken = (seed: number): string =>
  createHash('sha256').update(`controller-token/${seed}`).digest('base64url');
