import { ControlPlane } from './control-plane';

/** A process of its own with a control plane, to be killed: says the folder that all its programs run in. */
ControlPlane.start().then(({ folder }) => {
  console.log(folder);
  setInterval(() => {}, 60_000);
});
