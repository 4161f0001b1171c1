import { unpack } from '../../packed';
import { Announcer } from './announcer';
import { Charts } from './charts';
import { Controls } from './controls';
import { Decision } from './decision';
import { Live } from './live';
import { Nodes } from './nodes';
import { Pending } from './pending';
import { State } from './state';
import { Timeline } from './timeline';
import { Why } from './why';
import { Workloads } from './workloads';

interface Part {
  render(): void;
}

const parts: Part[] = [];
let isDue = false;

/** Many changes in one go are drawn once. A hidden page draws when it is seen again. */
const state = new State(() => {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    for (const part of parts) part.render();
  });
});

const workloads = new Workloads(state);
parts.push(
  workloads,
  new Timeline(state),
  new Charts(state),
  new Decision(state),
  new Why(state),
  new Nodes(state, workloads),
  new Pending(state, workloads),
  new Announcer(state),
);

const inside = document.getElementById('run');
if (inside) {
  state.load(unpack(JSON.parse(inside.textContent ?? '')));
} else {
  const live = new Live(state);
  parts.push(new Controls(state, (control) => live.ask(control)));
  live.start();
}
