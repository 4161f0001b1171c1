import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Item {
  id: number;
  number: number;
  html_url: string;
  title?: string;
  body: string;
  user: { type: string };
  state: string;
  labels: string[];
  pull_request?: object;
}

/** As much of GitHub's API as one repository's comments and issues are; who writes by it is a program. */
export class MadeGithub {
  readonly comments: Item[] = [];
  readonly issues: Item[] = [];
  readonly writes: string[] = [];
  /** The status that is answered to everything. */
  refuses: number | undefined;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<MadeGithub> {
    const server = createServer();
    const github = new MadeGithub(server);
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const { status, body } = github.answer(
        request.method ?? '',
        new URL(request.url ?? '', 'http://github'),
        request.headers.authorization ?? '',
        text === '' ? {} : (JSON.parse(text) as Partial<Item>),
      );
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return github;
  }

  private answer(method: string, { pathname, searchParams }: URL, authorization: string, sent: Partial<Item>) {
    if (this.refuses !== undefined) return { status: this.refuses, body: { message: 'Resource not accessible' } };
    if (authorization !== 'Bearer its-token') return { status: 401, body: { message: 'Bad credentials' } };
    const path = pathname.replace('/repos/acme/cluster', '');
    if (method !== 'GET') this.writes.push(`${method} ${path}`);
    const [, isComment] = /^\/issues\/(?:\d+\/)?(comments)/.exec(path) ?? [];
    const items = isComment === undefined ? this.issues : this.comments;
    if (method === 'GET') return { status: 200, body: page(items.filter(isAsked(searchParams)), searchParams) };
    if (method === 'POST') return { status: 201, body: this.add(items, sent) };
    const item = items.find(({ id }) => path.endsWith(`/${id}`));
    if (item === undefined) return { status: 404, body: { message: 'Not Found' } };
    return { status: 200, body: Object.assign(item, sent) };
  }

  add(items: Item[], given: Partial<Item>): Item {
    const id = this.comments.length + this.issues.length + 1;
    const html_url = `https://github.example/${id}`;
    const item = { id, number: id, html_url, body: '', user: { type: 'Bot' }, state: 'open', labels: [], ...given };
    items.push(item);
    return item;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): Promise<unknown> {
    return new Promise((resolve) => {
      this.server.close(resolve);
      this.server.closeAllConnections();
    });
  }
}

const isAsked =
  (query: URLSearchParams) =>
  ({ state, labels }: Item): boolean =>
    (query.get('state') ?? state) === state && (query.get('labels') ?? labels[0]) === labels[0];

function page(items: readonly Item[], query: URLSearchParams): readonly Item[] {
  const size = Number(query.get('per_page'));
  const from = (Number(query.get('page')) - 1) * size;
  return items.slice(from, from + size);
}
