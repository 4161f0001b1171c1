import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Makes the AWS SDK's schemas small. They read `{ [_xN]: _sIu }` with `const _xN = "xmlName"` above; esbuild takes a
 * computed key for a side effect and keeps every schema of the service (https://github.com/evanw/esbuild/issues/3189,
 * https://github.com/aws/aws-sdk-js-v3/issues/7607): 548 KB of EC2 for one command. With the keys written in place the
 * unused ones go.
 */
const SCHEMAS = /dist-es[\\/]schemas[\\/]schemas_\d+\.js$/;

/** `source` with the computed keys whose constants it declares replaced by the constants' values, and how many. */
export function inlineKeys(source: string): { source: string; keys: number } {
  const declarations = source.matchAll(/^const (_\w+) = ("(?:[^"\\]|\\.)*");$/gm);
  const constants = new Map([...declarations].map(([, name, value]) => [name, value]));
  let keys = 0;
  const inlined = source.replace(/\[(_\w+)\]:/g, (computed, name: string) => {
    const value = constants.get(name);
    if (value === undefined) return computed;
    keys += 1;
    // The one key that means something else when it is written out: it would set the prototype.
    return value === '"__proto__"' ? computed : `${value}:`;
  });
  return { source: inlined, keys };
}

/** The esbuild plugin. A build in which it finds no key fails: the SDK's layout has changed, and the bundle with it. */
export function inlineSchemaKeys(): Plugin {
  return {
    name: 'inline-schema-keys',
    setup(build) {
      let keys = 0;
      build.onStart(() => {
        keys = 0;
      });
      build.onLoad({ filter: SCHEMAS }, async (file) => {
        const inlined = inlineKeys(await readFile(file.path, 'utf8'));
        keys += inlined.keys;
        return { contents: inlined.source, loader: 'js', resolveDir: path.dirname(file.path) };
      });
      build.onEnd((result) => {
        if (result.errors.length > 0 || keys > 0) return undefined;
        return { errors: [{ text: NO_KEYS }] };
      });
    },
  };
}

const NO_KEYS =
  'No schema key of the AWS SDK was found to inline: no module matched dist-es/schemas/schemas_N.js with keys of the ' +
  "form `[_name]:`. The SDK's layout has changed: look at node_modules/@aws-sdk/client-ec2/dist-es/schemas and adapt " +
  'src/dev/build/inline-schema-keys.ts, or remove the plugin if the bundle is as small without it.';
