import type * as ts from 'typescript';
import type { FieldKey } from './errors';

/** Where a field stands in a configuration file, by TypeScript's own parser, loaded only when something is wrong. */
export async function lineFinder(text: string): Promise<(keys: readonly FieldKey[]) => number | undefined> {
  const { default: compiler } = await import('typescript');
  const file = compiler.createSourceFile('config.ts', text, compiler.ScriptTarget.Latest, true);

  const unwrapped = (node: ts.Expression): ts.Expression => {
    if (compiler.isCallExpression(node) && node.arguments[0] !== undefined) return unwrapped(node.arguments[0]);
    if (
      compiler.isParenthesizedExpression(node) ||
      compiler.isAsExpression(node) ||
      compiler.isSatisfiesExpression(node)
    )
      return unwrapped(node.expression);
    return node;
  };

  const child = (node: ts.Expression, key: FieldKey): { at: ts.Node; value: ts.Expression } | undefined => {
    if (typeof key === 'number' && compiler.isArrayLiteralExpression(node)) {
      const element = node.elements[key];
      return element && { at: element, value: unwrapped(element) };
    }
    if (!compiler.isObjectLiteralExpression(node)) return undefined;
    const property = node.properties.find(
      (each): each is ts.PropertyAssignment =>
        compiler.isPropertyAssignment(each) && (each.name as { text?: string }).text === String(key),
    );
    return property && { at: property, value: unwrapped(property.initializer) };
  };

  const exported = file.statements.find((statement) => compiler.isExportAssignment(statement));
  const top = exported && unwrapped(exported.expression);

  /** The line of the field, or of the nearest field around it that the file names. */
  return (keys) => {
    let at: ts.Node | undefined;
    let value = top;
    for (const key of keys) {
      const found: ReturnType<typeof child> = value && child(value, key);
      if (found === undefined) break;
      at = found.at;
      value = found.value;
    }
    return at && file.getLineAndCharacterOfPosition(at.getStart()).line + 1;
  };
}
