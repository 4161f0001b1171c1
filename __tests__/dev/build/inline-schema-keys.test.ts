import { inlineKeys } from '../../../src/dev/build/inline-schema-keys';

describe('inlineKeys', () => {
  it('writes the constants of the module in the place of computed keys, and counts them', () => {
    const source = 'const _xN = "xmlName";\nconst _q = "a\\"b";\nexport const s = [1, { [_xN]: _sIu, [_q]: 2 }];\n';
    expect(inlineKeys(source)).toEqual({
      source: 'const _xN = "xmlName";\nconst _q = "a\\"b";\nexport const s = [1, { "xmlName": _sIu, "a\\"b": 2 }];\n',
      keys: 2,
    });
  });

  it('leaves keys whose constants are declared elsewhere, or are no strings', () => {
    const source = 'const _n = 1;\nexport const s = { [_n]: 0, [_elsewhere]: 1, [other]: 2 };\n';
    expect(inlineKeys(source)).toEqual({ source, keys: 0 });
  });

  it('leaves a key that would set the prototype', () => {
    const source = 'const _p = "__proto__";\nexport const s = { [_p]: 0 };\n';
    expect(inlineKeys(source).source).toBe(source);
  });
});
