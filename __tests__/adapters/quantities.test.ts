import { parseBytes, parseCount, parseCpuMilli, QuantityError } from '../../src/adapters/quantities';

describe('quantities', () => {
  it.each([
    ['500m', 500],
    ['1', 1000],
    [2, 2000],
    ['0.1', 100],
    ['.5', 500],
    ['1.', 1000],
    ['+1', 1000],
    ['1500u', 2],
    ['1n', 1],
    ['2k', 2_000_000],
    ['1e3', 1_000_000],
    ['5E-1', 500],
    ['0', 0],
  ])('reads %p of cpu as %p millicores, rounded up', (value, milli) => {
    expect(parseCpuMilli(value)).toBe(milli);
  });

  it.each([
    ['128Mi', 134_217_728],
    ['1Ki', 1024],
    ['1.5Gi', 1_610_612_736],
    ['1Ti', 1_099_511_627_776],
    ['1Pi', 1_125_899_906_842_624],
    ['1k', 1000],
    ['129M', 129_000_000],
    ['1G', 1_000_000_000],
    ['128974848000m', 128_974_848],
    ['12e6', 12_000_000],
    ['0.1Ki', 103],
  ])('reads %p of memory as %p bytes, rounded up', (value, bytes) => {
    expect(parseBytes(value)).toBe(bytes);
  });

  it('counts pods', () => {
    expect(parseCount('110')).toBe(110);
  });

  it.each(['', 'abc', '1x', '1 Gi', '1KI', '-1', '1e', '0x10', 'Mi', '1Ei', null, undefined, {}, Number.NaN])(
    'throws for %p and never assumes a default',
    (value) => {
      expect(() => parseBytes(value)).toThrow(QuantityError);
    },
  );
});
