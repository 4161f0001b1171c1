import { once } from 'node:events';
import { WebSocket } from 'undici';
import type { Inspected } from '../world/lambda/worker-debugger';

/** The inspector of another process, over the WebSocket that `--inspect` opens. */
export class RemoteInspector implements Inspected {
  private asked = 0;
  private readonly answers = new Map<number, (error: Error | null) => void>();
  private readonly listeners = new Map<string, Parameters<Inspected['on']>[1]>();

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => this.receive(JSON.parse(String(data))));
  }

  static async connect(url: string): Promise<RemoteInspector> {
    const socket = new WebSocket(url);
    await once(socket, 'open');
    return new RemoteInspector(socket);
  }

  on(method: string, hear: Parameters<Inspected['on']>[1]): void {
    this.listeners.set(method, hear);
  }

  post(method: string, params: object, done: (error: Error | null) => void = () => {}): void {
    this.asked += 1;
    this.answers.set(this.asked, done);
    this.socket.send(JSON.stringify({ id: this.asked, method, params }));
  }

  /** The process ends only when nobody is connected any more. */
  async close(): Promise<void> {
    const closed = once(this.socket, 'close');
    this.socket.close();
    await closed;
  }

  private receive({ id, method, params, error }: Received): void {
    if (id !== undefined) this.answers.get(id)?.(error ? new Error(error.message) : null);
    else if (method !== undefined) this.listeners.get(method)?.({ params: params as never });
  }
}

interface Received {
  id?: number;
  method?: string;
  params?: unknown;
  error?: { message: string };
}
