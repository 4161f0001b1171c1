import path from 'node:path';
import ts from 'typescript';
import { APPLIED, DEMO, type Manifest } from './manifests';

/**
 * The manifests against the API's schemas: each becomes an object literal of the type that `kubernetes-types` has
 * generated from Kubernetes' OpenAPI description, and the compiler says what does not fit. A literal may have no field that
 * its type lacks, so a misspelt one is found too; the API server would only warn of it, or drop it.
 */

const FILE = path.join(__dirname, 'manifests-as-typescript.ts');
const GROUPS: Record<string, string> = {
  v1: 'core/v1',
  'apps/v1': 'apps/v1',
  'batch/v1': 'batch/v1',
  'policy/v1': 'policy/v1',
  'rbac.authorization.k8s.io/v1': 'rbac/v1',
  'admissionregistration.k8s.io/v1': 'admissionregistration/v1',
};

/** kubernetes-types 1.30.0 leaves two fields of one type out; the API reference has them. */
const FORGOTTEN =
  "declare module 'kubernetes-types/admissionregistration/v1' " +
  '{ interface NamedRuleWithOperations { resources?: string[]; scope?: string } }';

/** A line for each manifest, so that a line number tells which one is meant. */
function asTypeScript(manifests: readonly Manifest[]): string {
  const lines = manifests.map((manifest, index) => {
    const group = GROUPS[manifest.apiVersion];
    if (group === undefined) throw new Error(`no types for ${manifest.apiVersion} of ${manifest.metadata.name}`);
    const type = `import('kubernetes-types/${group}').${manifest.kind}`;
    return `export const manifest${index}: ${type} = ${JSON.stringify(manifest)};`;
  });
  return [...lines, FORGOTTEN].join('\n');
}

/** What the compiler says, each with the manifest that it is about. */
function complaints(manifests: readonly Manifest[]): string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const text = asTypeScript(manifests);
  const { getSourceFile, fileExists } = host;
  host.getSourceFile = (file, ...rest) =>
    file === FILE ? ts.createSourceFile(file, text, ts.ScriptTarget.ES2022) : getSourceFile.call(host, file, ...rest);
  host.fileExists = (file) => file === FILE || fileExists.call(host, file);
  const program = ts.createProgram([FILE], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText, file, start = 0 }) => {
    const line = file?.getLineAndCharacterOfPosition(start).line ?? 0;
    const { kind, metadata } = manifests[line] ?? { kind: '?', metadata: { name: '?' } };
    return `${kind}/${metadata.name}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

describe('the manifests', () => {
  it('are what the schemas of the API say', () => {
    expect(APPLIED.length).toBeGreaterThan(15);
    expect(complaints([...APPLIED, ...DEMO])).toEqual([]);
  });

  it.each<[string, (manifest: Manifest) => void, RegExp]>([
    ['a misspelt field', ({ spec }) => Object.assign(spec.template.spec, { hostNetwrok: true }), /hostNetwrok/],
    [
      'a value of another type',
      ({ spec }) => Object.assign(spec, { replicas: '1' }),
      /'string' is not assignable to type 'number'/,
    ],
    ['a missing field', ({ spec }) => delete spec.selector, /'selector' is missing/],
  ])('would be refused for %s', (_, damage, why) => {
    // GIVEN
    const damaged = structuredClone(APPLIED.find(({ kind }) => kind === 'Deployment')) as Manifest;
    damage(damaged);
    // THEN
    expect(complaints([damaged]).join('\n')).toMatch(why);
  });
});
