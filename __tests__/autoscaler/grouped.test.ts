import { grouped } from '../../src/autoscaler/grouped';

describe('items by their key', () => {
  it('keep their order within a key, and the keys that of their first item', () => {
    const found = grouped(['pear', 'fig', 'plum', 'apple', 'peach'], (name) => name.charAt(0));
    expect([...found]).toEqual([
      ['p', ['pear', 'plum', 'peach']],
      ['f', ['fig']],
      ['a', ['apple']],
    ]);
  });

  it('are none where there are none', () => {
    expect([...grouped([], String)]).toEqual([]);
  });
});
