const MINIMUM = [20, 19];

/** The message for a Node.js that is too old; `undefined` where it will do. */
export function nodeVersionError(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1])) return undefined;
  return (
    `This project needs Node.js ${MINIMUM.join('.')} or newer, and this is ${version}. ` +
    'Install a newer one (the file .nvmrc names the one it is developed with: `nvm install`) and run the command again.'
  );
}
