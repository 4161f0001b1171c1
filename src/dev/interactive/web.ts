import type { Frame, LoopState, RunHead } from '../web/frame';
import { startWebView, type WebView, type WebViewOptions } from '../web/server';

/** The web view of a session: it is there from the first world on, and goes with the session. */
export class Web {
  /** Each act waits for the one before it, the start among them. */
  private view: Promise<WebView> | undefined;
  private last = '';

  constructor(private readonly options: Omit<WebViewOptions, 'head' | 'state'>) {}

  /** A run begins. Resolves with the address. */
  async begin(head: RunHead, state: LoopState): Promise<string> {
    if (this.view) this.act((view) => view.reset(head));
    else this.view = startWebView({ ...this.options, head, state });
    this.tell(state);
    return (await this.view).url;
  }

  push(frame: Frame): void {
    this.act((view) => view.push(frame));
  }

  /** Only what is new is told. */
  tell(state: LoopState): void {
    const now = JSON.stringify(state);
    if (now === this.last) return;
    this.last = now;
    this.act((view) => view.tell(state));
  }

  async close(): Promise<void> {
    await (await this.view?.catch(() => undefined))?.close();
  }

  private act(act: (view: WebView) => void): void {
    this.view = this.view?.then((view) => {
      act(view);
      return view;
    });
  }
}
