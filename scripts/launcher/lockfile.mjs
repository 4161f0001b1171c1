/**
 * Whether an installation holds what the lock file wants: every package at its version and integrity, and no other.
 * Packages for other platforms are in the lock file only.
 *
 * @param wanted the parsed `package-lock.json`
 * @param installed the parsed `node_modules/.package-lock.json`
 */
export function sameAsInstalled(wanted, installed) {
  const there = installed.packages ?? {};
  const wantedNames = Object.keys(wanted.packages).filter((name) => name !== '');
  const missing = wantedNames.filter((name) => there[name] === undefined && isNeeded(wanted.packages[name]));
  const surplus = Object.keys(there).filter((name) => wanted.packages[name] === undefined);
  const changed = wantedNames.filter(
    (name) => there[name] !== undefined && !samePackage(wanted.packages[name], there[name]),
  );
  return missing.length + surplus.length + changed.length === 0;
}

function samePackage(a, b) {
  return a.version === b.version && a.integrity === b.integrity;
}

/**
 * Optional packages are missing rightly where they are for another platform, or needed by such a one alone, which the
 * lock file does not tell. So one counts as missing where it is a binary for this platform: those name system and
 * processor, and Linux ones may name a C library, whose presence npm finds out by itself.
 */
function isNeeded({ optional, os, cpu, libc }) {
  if (!optional) return true;
  return (
    os !== undefined && cpu !== undefined && libc === undefined && fits(os, process.platform) && fits(cpu, process.arch)
  );
}

/** npm's lists of platforms: names, or names with `!` before them that are excluded. */
function fits(list, value) {
  if (list.includes(`!${value}`)) return false;
  return list.includes(value) || list.every((entry) => entry.startsWith('!'));
}
