import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BucketRequest {
  method: string;
  path: string;
  signed: boolean;
}

/** As much of S3 as a bucket with plans is: objects by path, of requests that are signed. */
export class MadeBucket {
  readonly objects = new Map<string, Buffer>();
  readonly requests: BucketRequest[] = [];
  /** The error that is answered to everything. */
  refuses: string | undefined;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<MadeBucket> {
    const server = createServer();
    const bucket = new MadeBucket(server);
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = '', url = '', headers } = request;
      const signed = /^AWS4-HMAC-SHA256 Credential=test\/\d+\/us-east-1\/s3\//.test(headers.authorization ?? '');
      bucket.requests.push({ method, path: url, signed });
      const fail = (status: number, code: string) =>
        response.writeHead(status).end(`<?xml version="1.0"?><Error><Code>${code}</Code></Error>`);
      if (bucket.refuses !== undefined) return fail(403, bucket.refuses);
      if (method === 'PUT') bucket.objects.set(url, Buffer.concat(chunks));
      const object = bucket.objects.get(url);
      return object === undefined ? fail(404, 'NoSuchKey') : response.end(method === 'GET' ? object : '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return bucket;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): Promise<unknown> {
    return new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }
}
