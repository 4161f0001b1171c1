import { unzipSync } from 'fflate';
import { deterministicZip } from '../../../src/dev/build/zip';

const content = Buffer.from('exports.handler = 1;\n'.repeat(100));

describe('deterministicZip', () => {
  it('holds the one file', () => {
    const files = unzipSync(deterministicZip('index.js', content));
    expect(Object.keys(files)).toEqual(['index.js']);
    expect(Buffer.from(files['index.js'] ?? []).equals(content)).toBe(true);
  });

  it('says 1980-01-01 00:00, made on Unix, readable by all', () => {
    const zip = Buffer.from(deterministicZip('index.js', content));
    // Offsets of APPNOTE.TXT 4.3.12, the central directory's file header.
    const header = zip.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
    const madeBy = zip.readUInt8(header + 5);
    const time = zip.readUInt16LE(header + 12);
    const date = zip.readUInt16LE(header + 14);
    const mode = zip.readUInt32LE(header + 38) >>> 16;
    expect({ madeBy, time, date, mode: mode & 0o777 }).toEqual({ madeBy: 3, time: 0, date: (1 << 5) | 1, mode: 0o644 });
  });
});
