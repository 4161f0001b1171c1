import { lowerBound } from '../../bench/lower-bound';
import { apart, HOST, input, pod, type } from './plans';

const cheap = type({ name: 'cpu', cpuMilli: 4000, reservedCpuMilli: 0, memoryMi: 4096, reservedMemoryMi: 0, price: 1 });
const roomy = type({ ...cheap, name: 'memory', cpuMilli: 2000, memoryMi: 16384, price: 1.5 });

describe('the price that no plan can go below', () => {
  it('is the demand at the price of the one resource that counts', () => {
    // GIVEN 8 vCPUs and next to no memory
    const of = input([pod('a', { cpuMilli: 8000, memoryMi: 1 })], { instanceTypes: [cheap, roomy] });
    // THEN two of the cheap type
    expect(lowerBound(of)).toBeCloseTo(2, 3);
  });

  it('mixes types where that is cheapest', () => {
    // GIVEN what three of one type and two of the other have, exactly
    const demand = pod('a', { cpuMilli: 3 * 4000 + 2 * 2000, memoryMi: 3 * 4096 + 2 * 16384 });
    expect(lowerBound(input([demand], { instanceTypes: [cheap, roomy] }))).toBeCloseTo(3 * 1 + 2 * 1.5, 2);
  });

  it('counts pods, and pods that live apart', () => {
    const tiny = { cpuMilli: 1, memoryMi: 1 };
    const many = Array.from({ length: 40 }, (_, i) => pod(`p${i}`, tiny));
    expect(lowerBound(input(many, { instanceTypes: [cheap] }))).toBeCloseTo(4, 3);
    const alone = Array.from({ length: 40 }, (_, i) => pod(`p${i}`, { ...tiny, ...apart(HOST) }));
    expect(lowerBound(input(alone, { instanceTypes: [cheap] }))).toBeCloseTo(40, 2);
  });

  it('takes off what existing nodes have room for', () => {
    const old = {
      name: 'old',
      zone: 'zone-1',
      cpuMilli: 6000,
      memoryMi: 9000,
      pods: 9,
      running: [pod('runs', { cpuMilli: 2000 })],
    };
    const demand = pod('a', { cpuMilli: 8000, memoryMi: 1 });
    expect(lowerBound(input([demand], { instanceTypes: [cheap], existingNodes: [old] }))).toBeCloseTo(1, 3);
    expect(lowerBound(input([pod('b')], { instanceTypes: [cheap], existingNodes: [old] }))).toBe(0);
  });
});
